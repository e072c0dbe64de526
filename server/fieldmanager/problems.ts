import type { Element } from "./element.ts";
import { elementOf, type Fields, type FieldType, isFields, type ListKey, typeOfField } from "./types.ts";

/** Why a value cannot be applied. */
export interface Problem {
  /** As `spec.ports[1].name`. */
  readonly field: string;
  readonly kind: "Duplicate" | "Required" | "TypeInvalid";
  readonly message: string;
}

/** Enough for anybody to read. */
const MAX_PROBLEMS = 100;
/** Characters of a value. */
const MAX_SHOWN = 200;

/**
 * Values of another type than their fields, and items that cannot be told from each other: nobody could say what of
 * them is owned.
 */
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
  const { at: field, problems } = search;
  // Null stands for a field that is not there; whether it may is for others to say.
  if (value === null || value === undefined || problems.length >= MAX_PROBLEMS) return;
  const wanted = EXPECTED[type.kind] ?? (type.kind === "leaf" ? type.of : undefined);
  if (wanted !== undefined && !isOfType(wanted, value)) problems.push(ofWrongType(field, wanted, value));
  else if (type.kind === "map") findInMap(type, value as Fields, search);
  else if (type.kind === "list") findInList(type, value as unknown[], search);
}

const EXPECTED: Partial<Record<FieldType["kind"], string>> = { map: "object", list: "array" };

const isOfType = (wanted: string, value: unknown): boolean =>
  typeName(value) === wanted || (wanted === "integer" && typeof value === "number");

const typeName = (value: unknown): string => (Array.isArray(value) ? "array" : typeof value);

const ofWrongType = (field: string, wanted: string, value: unknown): Problem => ({
  field,
  kind: "TypeInvalid",
  message: `Invalid value: ${shortened(value)}: must be of type ${wanted}, not ${typeName(value)}`,
});

const shortened = (value: unknown): string =>
  typeof value === "object" ? typeName(value) : JSON.stringify(value).slice(0, MAX_SHOWN);

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
    if (element === undefined) problems.push(...withoutKey(type.keys ?? [], value, field));
    else if (seen.has(element)) problems.push(duplicate(element, field));
    else seen.add(element);
    find(type.item, value, { at: field, problems });
  }
}

/** Of an item that is no map at all, its type says enough. */
function withoutKey(keys: readonly ListKey[], value: unknown, field: string): Problem[] {
  if (!isFields(value)) return [];
  const missing = keys.find((key) => key.default === undefined && value[key.name] === undefined);
  const names = keys.map(({ name }) => name).join(", ");
  const message = `Required value: items of this list are told apart by ${names}`;
  return [{ field: missing ? `${field}.${missing.name}` : field, kind: "Required", message }];
}

const duplicate = (element: Element, field: string): Problem => ({
  field,
  kind: "Duplicate",
  message: `Duplicate value: ${element.slice(2, MAX_SHOWN)}`,
});
