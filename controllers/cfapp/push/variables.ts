import { readFile } from "node:fs/promises";
import { PushError } from "./request.ts";
import { parsed } from "./yaml.ts";

type Values = Readonly<Record<string, unknown>>;

const VARIABLE = /\(\(([-\w./]+)\)\)/g;
const ALONE = /^\(\(([-\w./]+)\)\)$/;

/** What variables stand for; a later file has its way over an earlier one, and `vars` over all. @throws PushError */
export async function valuesOf(vars: Values = {}, files: readonly string[] = []): Promise<Values> {
  let values: Values = {};
  for (const file of files) values = { ...values, ...(await valuesIn(file)) };
  return { ...values, ...vars };
}

async function valuesIn(file: string): Promise<Values> {
  let found: unknown;
  try {
    found = parsed(await readFile(file, "utf8"));
  } catch (error) {
    throw new PushError(
      "manifest",
      `the file of variables ${file} cannot be read: ${(error as Error).message}`,
      { cause: error },
    );
  }
  if (typeof found === "object" && found !== null && !Array.isArray(found)) return found as Values;
  if (found === null) return {};
  throw new PushError("manifest", `the file of variables ${file} is no map of names to values`);
}

/** Puts values in the place of `((name))`. @throws PushError that names those that have none. */
export function filledIn(document: unknown, values: Values): unknown {
  const missing = new Set<string>();
  const valueOf = (name: string): unknown => {
    const value = Object.hasOwn(values, name)
      ? values[name]
      : name.split(".").reduce<unknown>(memberOf, values);
    if (value === undefined) missing.add(name);
    return value;
  };
  const filled = fill(document, valueOf);
  if (missing.size > 0)
    throw new PushError(
      "manifest",
      `the manifest has variables without a value: ${[...missing].join(", ")}; set them in spec.push.vars or spec.push.varsFiles`,
    );
  return filled;
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

function fill(node: unknown, valueOf: (name: string) => unknown): unknown {
  if (Array.isArray(node)) return node.map((item) => fill(item, valueOf));
  if (typeof node === "object" && node !== null)
    return Object.fromEntries(
      Object.entries(node).map(([name, value]) => [fillText(name, valueOf), fill(value, valueOf)]),
    );
  if (typeof node !== "string") return node;
  const [, alone] = ALONE.exec(node) ?? [];
  return alone === undefined ? fillText(node, valueOf) : valueOf(alone);
}

const fillText = (text: string, valueOf: (name: string) => unknown): string =>
  text.replaceAll(VARIABLE, (_all, name: string) => textOf(valueOf(name)));

const textOf = (value: unknown): string =>
  typeof value === "string" ? value : (JSON.stringify(value) ?? "");
