import { type Element, fieldElement } from "./element.ts";
import { type FieldSet, isMember, union } from "./fieldset.ts";
import { type FieldType, type Shape, shapeOf, typeOfField } from "./types.ts";

/** What becomes of what is at an element: it stays, it goes, or the same is asked, with this state, of what is in it. */
type Fate<State> = "stays" | "goes" | State;

/** @param isNamed the element is a field of a struct, not an item of a list or a key of a map. */
type FateOf<State> = (state: State, element: Element, isNamed: boolean) => Fate<State>;

/** The value without what is in the set. A map or list that this empties goes, too. */
export const removeItems = (type: FieldType, value: unknown, set: FieldSet): unknown =>
  rebuilt(type, value, { state: set, fateOf: removal });

function removal(set: FieldSet, element: Element): Fate<FieldSet> {
  const node = set[element];
  if (!node) return "stays";
  return isMember(node) ? "goes" : node;
}

/** What is in the set, with the fields that tell its items apart. */
export const extractItems = (type: FieldType, value: unknown, set: FieldSet): unknown =>
  rebuilt(type, value, { state: set, fateOf: extraction, keepsEmpty: isMember });

function extraction(set: FieldSet, element: Element): Fate<FieldSet> {
  const node = set[element];
  if (!node) return "goes";
  return element.startsWith("k:") ? union(node, keysIn(element)) : node;
}

const keysIn = (element: Element): FieldSet =>
  Object.fromEntries(
    Object.keys(JSON.parse(element.slice(2)) as object).map((name) => [fieldElement(name), {}]),
  );

/** Who owned what, and who owns it now. */
interface Owned {
  readonly before: FieldSet | undefined;
  readonly now: FieldSet | undefined;
}

/**
 * A merged object without what its applier applied before and nobody owns any more.
 *
 * @param owned what the applier owned before, and what all managers own now, the applier's new set among it.
 */
export const prune = (type: FieldType, merged: unknown, owned: Owned): unknown =>
  rebuilt(type, merged, {
    state: owned,
    fateOf: pruning,
    // Whoever owns a map or a list itself wants it to be there, though nothing is left in it.
    keepsEmpty: ({ now }) => now !== undefined && isMember(now),
  });

function pruning({ before, now }: Owned, element: Element, isNamed: boolean): Fate<Owned> {
  const [was, is] = [before?.[element], now?.[element]];
  if (!was) return "stays";
  // A struct is owned by whoever owns a field of it; what is an item or a key must be owned itself.
  const isOwned = (node: FieldSet | undefined) => node !== undefined && (isNamed || isMember(node));
  return isOwned(was) && !isOwned(is) ? "goes" : { before: was, now: is };
}

interface Rebuild<State> {
  state: State;
  fateOf: FateOf<State>;
  keepsEmpty?: (state: State) => boolean;
}

/** The value with only what is to stay; the same value if that is everything, undefined if it is nothing. */
function rebuilt<State extends object>(type: FieldType, value: unknown, how: Rebuild<State>): unknown {
  const shape = shapeOf(type, value);
  const parts = partsOf(shape);
  const left = parts.flatMap((part) => {
    const rest = restOf(part, how);
    return rest === undefined ? [] : [{ ...part, rest }];
  });
  if (left.length === parts.length && left.every(({ value, rest }) => value === rest)) return value;
  if (left.length === 0) return undefined;
  return shape.kind === "map"
    ? Object.fromEntries(left.map(({ name, rest }) => [name, rest]))
    : left.map(({ rest }) => rest);
}

interface Part {
  readonly name: string;
  readonly element: Element;
  readonly isNamed: boolean;
  readonly type: FieldType;
  readonly value: unknown;
}

function partsOf(shape: Shape): Part[] {
  if (shape.kind === "leaf") return [];
  if (shape.kind === "list") {
    return shape.items.map((item) => ({ ...item, name: "", isNamed: false, type: shape.type.item }));
  }
  return Object.entries(shape.value).map(([name, value]) => {
    const isNamed = shape.type.fields.has(name);
    return { name, element: fieldElement(name), isNamed, type: typeOfField(shape.type, name), value };
  });
}

function restOf<State extends object>({ element, isNamed, type, value }: Part, how: Rebuild<State>): unknown {
  const fate = how.fateOf(how.state, element, isNamed);
  if (fate === "stays") return value;
  if (fate === "goes") return undefined;
  const rest = rebuilt(type, value, { ...how, state: fate });
  return rest === undefined && how.keepsEmpty?.(fate) ? emptyOf(value) : rest;
}

const emptyOf = (value: unknown): unknown => (Array.isArray(value) ? [] : {});
