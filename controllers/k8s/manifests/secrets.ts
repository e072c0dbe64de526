import type { KubeObject } from "../../../apis/meta.ts";

/** What is shorter is in any text. */
const SHORTEST = 3;

/** A text about an object without what the object keeps secret: clusters quote what they refuse. */
export function withoutSecrets(text: string, object: KubeObject): string {
  if (object.kind !== "Secret") return text;
  const values = secretsIn(object).filter((value) => value.length >= SHORTEST);
  // The longest first: one may be a part of another.
  const byLength = values.toSorted((a, b) => b.length - a.length);
  return byLength.reduce((rest, value) => rest.replaceAll(value, "(secret)"), text);
}

/** As they are, and as base64, in which they are sent. */
function secretsIn(object: KubeObject): string[] {
  const { data, stringData } = object as { data?: unknown; stringData?: unknown };
  return [
    ...textsIn(data).flatMap((value) => [value, decoded(value)]),
    ...textsIn(stringData).flatMap((value) => [value, encoded(value)]),
  ];
}

const decoded = (value: string): string => Buffer.from(value, "base64").toString("utf8");
const encoded = (value: string): string => Buffer.from(value, "utf8").toString("base64");

const textsIn = (value: unknown): string[] =>
  typeof value === "object" && value !== null ? Object.values(value).map((each) => String(each)) : [];
