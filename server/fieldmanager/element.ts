import { canonicalJson } from "./json.ts";

/** One step of a path, as FieldsV1 writes it: `f:NAME`, `k:{"KEY":VALUE}` or `v:VALUE`. */
export type Element = string;

export const fieldElement = (name: string): Element => `f:${name}`;

/** An item of a set. */
export const valueElement = (value: unknown): Element => `v:${canonicalJson(value)}`;

/** An item of a list that is told apart by the values of some of its fields. */
export const keyElement = (keys: Readonly<Record<string, unknown>>): Element => `k:${canonicalJson(keys)}`;

/**
 * The one way to write an element that somebody else wrote; undefined for what is none. An index (`i:0`) is none
 * either: nothing here is owned by its place.
 */
export function parseElement(text: string): Element | undefined {
  const [kind, rest] = [text.slice(0, 2), text.slice(2)];
  if (kind === "f:") return text;
  if (kind !== "k:" && kind !== "v:") return undefined;
  const value = parseJson(rest);
  if (value === undefined) return undefined;
  if (kind === "v:") return valueElement(value);
  return isKeys(value) ? keyElement(value) : undefined;
}

/** As Kubernetes prints it: `.name`, `[type="Ready"]` or `[="a"]`. */
export function printElement(element: Element): string {
  const rest = element.slice(2);
  if (element.startsWith("f:")) return `.${rest}`;
  if (element.startsWith("v:")) return `[=${rest}]`;
  const keys = Object.entries(JSON.parse(rest) as object);
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isKeys = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).length > 0 &&
  Object.values(value).every((key) => typeof key !== "object" || key === null);
