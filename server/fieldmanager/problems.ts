import type { Element } from "./element.ts";
import { elementOf, type Fields, type FieldType, isFields, type ListKey, typeOfField } from "./types.ts";

/** Why a value cannot be applied. */
export interface Problem {
  /** As `spec.ports[1].name`. */
  readonly field: string;
  readonly kind: "Duplicate" | "Required";
  readonly message: string;
}

/** Enough for anybody to read. */
const MAX_PROBLEMS = 100;

/** The items of a value that cannot be told from each other, which has to be possible of what is applied. */
export function problemsOf(type: FieldType, value: unknown): Problem[] {
  const problems: Problem[] = [];
  find(type, value, { at: "", problems });
  return problems;
}

interface Search {
  at: string;
  problems: Problem[];
}

function find(type: FieldType, value: unknown, search: Search): void {
  if (search.problems.length >= MAX_PROBLEMS) return;
  if (type.kind === "map" && isFields(value)) findInMap(type, value, search);
  if (type.kind === "list" && Array.isArray(value)) findInList(type, value, search);
}

function findInMap(type: Extract<FieldType, { kind: "map" }>, value: Fields, { at, problems }: Search): void {
  for (const [name, field] of Object.entries(value)) {
    find(typeOfField(type, name), field, { at: at ? `${at}.${name}` : name, problems });
  }
}

function findInList(
  type: Extract<FieldType, { kind: "list" }>,
  values: readonly unknown[],
  { at, problems }: Search,
): void {
  const seen = new Set<Element>();
  for (const [i, value] of values.entries()) {
    const field = `${at}[${i}]`;
    const element = elementOf(type, value);
    if (element === undefined) problems.push(withoutKey(type.keys ?? [], value, field));
    else if (seen.has(element)) problems.push(duplicate(element, field));
    else seen.add(element);
    find(type.item, value, { at: field, problems });
  }
}

function withoutKey(keys: readonly ListKey[], value: unknown, field: string): Problem {
  const missing = keys.find(
    ({ name, default: fallback }) => fallback === undefined && isFields(value) && value[name] === undefined,
  );
  const names = keys.map(({ name }) => name).join(", ");
  const message = `Required value: items of this list are told apart by ${names}`;
  return { field: missing ? `${field}.${missing.name}` : field, kind: "Required", message };
}

const duplicate = (element: Element, field: string): Problem => ({
  field,
  kind: "Duplicate",
  message: `Duplicate value: ${element.slice(2)}`,
});
