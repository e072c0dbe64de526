import { type Element, keyElement, valueElement } from "./element.ts";

/** How values of a field are owned: as one, by their fields, by their items, or as the value itself suggests. */
export type FieldType = LeafType | MapType | ListType | AnyType;

/** A scalar, or a map or list that has one owner for all that is in it. */
interface LeafType {
  readonly kind: "leaf";
  /** As JSON Schema names it; absent if the value may be of any. */
  readonly of?: string;
}

export interface MapType {
  readonly kind: "map";
  readonly fields: Map<string, FieldType>;
  /** Of every other key. */
  readonly rest: FieldType;
}

export interface ListType {
  readonly kind: "list";
  /** The fields that tell items apart, with their defaults; undefined for a set, whose items are told apart by value. */
  readonly keys: readonly ListKey[] | undefined;
  readonly item: FieldType;
}

export interface ListKey {
  readonly name: string;
  readonly default?: unknown;
}

/** Maps are owned by key, everything else as one. */
interface AnyType {
  readonly kind: "any";
  /** How a map is owned; absent where it is as deep as anybody may look. */
  readonly map?: MapType;
}

export const LEAF: FieldType = { kind: "leaf" };
/**
 * What is nested deeper than this is owned as one. The tree of a set is as deep as what it is about, and it has to fit,
 * below `metadata.managedFields`, into an object that decoders take.
 */
const MAX_DEPTH = 24;

const anyOf = (depth: number): AnyType =>
  depth === 0
    ? { kind: "any" }
    : { kind: "any", map: { kind: "map", fields: new Map(), rest: anyOf(depth - 1) } };

export const ANY: FieldType = anyOf(MAX_DEPTH);

/** A value as its type makes it be owned; what does not fit its type is owned as one. */
export type Shape =
  | { readonly kind: "leaf" }
  | { readonly kind: "map"; readonly type: MapType; readonly value: Fields }
  | { readonly kind: "list"; readonly type: ListType; readonly items: readonly Item[] };

export type Fields = Readonly<Record<string, unknown>>;

export interface Item {
  readonly element: Element;
  readonly value: unknown;
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function shapeOf(type: FieldType, value: unknown): Shape {
  if (type.kind === "list") return Array.isArray(value) ? listShape(type, value) : LEAF_SHAPE;
  const map = type.kind === "any" ? type.map : type;
  return map?.kind === "map" && isFields(value) ? { kind: "map", type: map, value } : LEAF_SHAPE;
}

const LEAF_SHAPE: Shape = { kind: "leaf" };

export const typeOfField = ({ fields, rest }: MapType, name: string): FieldType => fields.get(name) ?? rest;

function listShape(type: ListType, values: readonly unknown[]): Shape {
  const items: Item[] = [];
  for (const value of values) {
    const element = elementOf(type, value);
    if (element === undefined) return LEAF_SHAPE;
    items.push({ element, value });
  }
  return { kind: "list", type, items };
}

/** What tells an item from the others; undefined if nothing does. */
export function elementOf({ keys }: ListType, value: unknown): Element | undefined {
  if (!keys) return valueElement(value);
  if (!isFields(value)) return undefined;
  const found: Record<string, unknown> = {};
  for (const { name, default: fallback } of keys) {
    const key = Object.hasOwn(value, name) ? value[name] : fallback;
    if (key === undefined || (typeof key === "object" && key !== null)) return undefined;
    found[name] = key;
  }
  return keyElement(found);
}
