import { badRequest } from "./errors.ts";
import type { SelectableFields } from "./kind.ts";
import type { KubeObject } from "./meta.ts";

/** One requirement of a label selector. Each may exclude; together they must all hold. */
interface Requirement {
  key: string;
  operator: "in" | "notin" | "exists" | "!" | ">" | "<";
  values: ReadonlySet<string>;
}

export type LabelMatcher = (labels: Readonly<Record<string, string>> | undefined) => boolean;

const MAX_LENGTH = 8192;
const KEY = /^([a-z0-9A-Z.-]{1,253}\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const NONE: ReadonlySet<string> = new Set();

/**
 * The matcher of a label selector such as `app=web,tier in (a, b),!old`; an empty selector matches everything.
 *
 * @throws StatusError `BadRequest` that quotes what cannot be understood.
 */
export function parseLabelSelector(text: string): LabelMatcher {
  if (text.trim() === "") return () => true;
  if (text.length > MAX_LENGTH)
    throw badRequest(`unable to parse requirement: selector is longer than ${MAX_LENGTH}`);
  const requirements = splitOutsideParentheses(text).map(requirementOf);
  return (labels) => requirements.every((requirement) => holds(requirement, labels));
}

function holds(
  { key, operator, values }: Requirement,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  const value = labels && Object.hasOwn(labels, key) ? labels[key] : undefined;
  if (operator === "exists") return value !== undefined;
  if (operator === "!") return value === undefined;
  if (operator === "in") return value !== undefined && values.has(value);
  if (operator === ">" || operator === "<") return value !== undefined && isBeyond(value, operator, values);
  return value === undefined || !values.has(value);
}

/** As whole numbers; a value that is none is neither. */
function isBeyond(value: string, operator: ">" | "<", [limit]: ReadonlySet<string>): boolean {
  if (!/^-?\d+$/.test(value)) return false;
  return operator === ">" ? BigInt(value) > BigInt(limit!) : BigInt(value) < BigInt(limit!);
}

function splitOutsideParentheses(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")") depth--;
    else if (text[i] === "," && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function requirementOf(part: string): Requirement {
  const text = part.trim();
  if (text.startsWith("!")) return checked({ key: text.slice(1).trim(), operator: "!", values: NONE }, text);
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(text);
  if (set) {
    const values = new Set(set[3]!.split(",").map((value) => value.trim()));
    return checked({ key: set[1]!, operator: set[2] as "in" | "notin", values }, text);
  }
  const order = /^([^<>=!\s]+)\s*([<>])\s*(-?\d+)$/.exec(text);
  if (order)
    return checked({ key: order[1]!, operator: order[2] as ">" | "<", values: new Set([order[3]!]) }, text);
  const at = text.search(/[!=]/);
  if (at < 0) return checked({ key: text, operator: "exists", values: NONE }, text);
  const [, sign, value] = /^(!=|==|=)(.*)$/.exec(text.slice(at)) ?? [];
  if (sign === undefined) throw unparsable(text);
  const operator = sign === "!=" ? "notin" : "in";
  return checked({ key: text.slice(0, at).trim(), operator, values: new Set([value!.trim()]) }, text);
}

function checked(requirement: Requirement, text: string): Requirement {
  const valid = KEY.test(requirement.key) && [...requirement.values].every((value) => VALUE.test(value));
  if (!valid) throw unparsable(text);
  return requirement;
}

const unparsable = (text: string) => badRequest(`unable to parse requirement: ${JSON.stringify(text)}`);

export type ObjectMatcher = (object: KubeObject) => boolean;

/**
 * The matcher of a field selector such as `metadata.name=web,type!=Normal`. In values, a backslash comes before `,`,
 * `=` and itself.
 *
 * @param selectable label → path of the fields that may be asked for beside metadata.name and metadata.namespace.
 * @throws StatusError `BadRequest` for a field that cannot be asked for.
 */
export function parseFieldSelector(text: string, selectable: SelectableFields): ObjectMatcher {
  const terms = termsIn(text).map((term) => matcherOf(term, selectable));
  return (object) => terms.every((term) => term(object));
}

/**
 * The name that a field selector pins down, so that one object need not be searched for.
 *
 * @throws StatusError `BadRequest` for a selector that cannot be understood.
 */
export const nameIn = (fieldSelector = ""): string | undefined =>
  termsIn(fieldSelector).find(({ field, isWanted }) => isWanted && field === "metadata.name")?.value;

/** A value as it must be written in a field selector. */
export const escapeFieldValue = (value: string): string => value.replace(/[\\,=]/g, "\\$&");

/** One comparison of a field selector. */
interface Term {
  field: string;
  value: string;
  isWanted: boolean;
}

function termsIn(text: string): Term[] {
  if (text.length > MAX_LENGTH) throw badRequest(`invalid selector: longer than ${MAX_LENGTH}`);
  return splitUnescaped(text)
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(termOf);
}

/** At commas without a backslash before them. */
function splitUnescaped(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === ",") {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function termOf(part: string): Term {
  const [, field, sign, value] = /^([^=!\\]+)(!=|==|=)((?:[^\\,=]|\\[\\,=])*)$/s.exec(part) ?? [];
  if (field === undefined) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
  const unescaped = value!.trim().replace(/\\(.)/g, "$1");
  return { field: field.trim(), value: unescaped, isWanted: sign !== "!=" };
}

function matcherOf({ field, value, isWanted }: Term, selectable: SelectableFields): ObjectMatcher {
  const paths = pathsOf(field, selectable);
  const textOf = (object: KubeObject) =>
    paths.reduce((text, path) => (text === "" ? textAt(object, path) : text), "");
  return (object) => (textOf(object) === value) === isWanted;
}

/** The places where the field may be; the first that has something counts. */
function pathsOf(field: string, selectable: SelectableFields): string[][] {
  if (field === "metadata.name" || field === "metadata.namespace") return [field.split(".")];
  if (!Object.hasOwn(selectable, field)) throw badRequest(`field label not supported: ${field}`);
  return [selectable[field]!].flat().map((path) => path.split(".").filter((step) => step !== ""));
}

function textAt(object: unknown, path: string[]): string {
  let value = object;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return "";
    value = Object.hasOwn(value, step) ? (value as Record<string, unknown>)[step] : undefined;
  }
  return typeof value === "string"
    ? value
    : value === undefined || value === null
      ? ""
      : JSON.stringify(value);
}
