import { type Element, fieldElement } from "./element.ts";
import { asMember, type FieldSet, isEmpty, NOTHING } from "./fieldset.ts";
import { isEqual } from "./json.ts";
import {
  type FieldType,
  type Item,
  type ListType,
  type MapType,
  type Fields,
  shapeOf,
  typeOfField,
} from "./types.ts";

/** What differs between two states of an object. */
export interface Changes {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** The same for one field; what is absent is empty. */
type Difference = Partial<Changes>;

/**
 * Compares two states of an object, field by field as its type has them owned.
 *
 * A map or an item that appears or goes is in the set itself, and so is everything in it. The whole object is in none.
 */
export function compare(type: FieldType, before: unknown, after: unknown): Changes {
  const { added = NOTHING, modified = NOTHING, removed = NOTHING } = compareValues(type, before, after);
  return { added: withoutSelf(added), modified, removed: withoutSelf(removed) };
}

export const isUnchanged = ({ added, modified, removed }: Changes): boolean =>
  isEmpty(added) && isEmpty(modified) && isEmpty(removed);

const SAME: Difference = {};
const MODIFIED: Difference = { modified: NOTHING };

function compareValues(type: FieldType, before: unknown, after: unknown): Difference {
  if (before === after) return SAME;
  if (before === undefined) return { added: wholeOf(type, after) };
  if (after === undefined) return { removed: wholeOf(type, before) };
  // What tells items apart is dear to find out, and most lists stay as they are.
  if (type.kind === "list" && isEqual(before, after)) return SAME;
  const [was, is] = [shapeOf(type, before), shapeOf(type, after)];
  if (was.kind === "map" && is.kind === "map") return compareMaps(is.type, was.value, is.value);
  if (was.kind === "list" && is.kind === "list") return compareLists(is.type, was.items, is.items);
  if (was.kind !== is.kind) return replaced(wholeOf(type, before), wholeOf(type, after));
  return isEqual(before, after) ? SAME : MODIFIED;
}

/** A value that has become one of another shape: what was in it is gone, what is in it now is new. */
const replaced = (before: FieldSet, after: FieldSet): Difference => ({
  modified: NOTHING,
  ...(!isEmpty(before) && { removed: withoutSelf(before) }),
  ...(!isEmpty(after) && { added: withoutSelf(after) }),
});

function withoutSelf(node: FieldSet): FieldSet {
  if (!("." in node)) return node;
  const { ".": _, ...below } = node;
  return below;
}

function compareMaps(type: MapType, before: Fields, after: Fields): Difference {
  const found = new Differences();
  for (const name of Object.keys(after)) {
    const was = Object.hasOwn(before, name) ? before[name] : undefined;
    const difference = compareValues(typeOfField(type, name), was, after[name]);
    if (difference !== SAME) found.add(fieldElement(name), difference);
  }
  for (const name of Object.keys(before)) {
    if (Object.hasOwn(after, name)) continue;
    found.add(fieldElement(name), compareValues(typeOfField(type, name), before[name], undefined));
  }
  return found.isEmpty ? SAME : found.all;
}

function compareLists({ item }: ListType, before: readonly Item[], after: readonly Item[]): Difference {
  const found = new Differences();
  const [was, is] = [grouped(before), grouped(after)];
  for (const element of new Set([...was.keys(), ...is.keys()])) {
    found.add(element, compareGroups(item, was.get(element) ?? [], is.get(element) ?? []));
  }
  return found.isEmpty ? SAME : found.all;
}

/** By element. Only items that nobody may apply are there more than once. */
function grouped(items: readonly Item[]): Map<Element, unknown[]> {
  const groups = new Map<Element, unknown[]>();
  for (const { element, value } of items) {
    const group = groups.get(element);
    if (group) group.push(value);
    else groups.set(element, [value]);
  }
  return groups;
}

/** Items that cannot be told apart are owned together. */
function compareGroups(type: FieldType, before: unknown[], after: unknown[]): Difference {
  const [wasMany, isMany] = [before.length > 1, after.length > 1];
  if (wasMany && isMany) return isEqual(before, after) ? SAME : MODIFIED;
  if (!wasMany && !isMany) return compareValues(type, before[0], after[0]);
  const was = wasMany ? NOTHING : before.length ? wholeOf(type, before[0]) : undefined;
  const is = isMany ? NOTHING : after.length ? wholeOf(type, after[0]) : undefined;
  return { ...(was && { removed: was }), ...(is && { added: is }) };
}

/** Collects the differences of what is in one map or list. */
class Differences {
  readonly all: { -readonly [Kind in keyof Changes]?: Record<Element, FieldSet> } = {};

  get isEmpty(): boolean {
    const { added, modified, removed } = this.all;
    return !added && !modified && !removed;
  }

  add(element: Element, { added, modified, removed }: Difference): void {
    if (added) (this.all.added ??= {})[element] = added;
    if (modified) (this.all.modified ??= {})[element] = modified;
    if (removed) (this.all.removed ??= {})[element] = removed;
  }
}

/** The node of a value and of everything in it. */
function wholeOf(type: FieldType, value: unknown): FieldSet {
  const shape = shapeOf(type, value);
  if (shape.kind === "leaf") return NOTHING;
  const below: Record<Element, FieldSet> = {};
  if (shape.kind === "map") {
    for (const name of Object.keys(shape.value)) {
      const field = shape.value[name];
      if (field !== undefined) below[fieldElement(name)] = wholeOf(typeOfField(shape.type, name), field);
    }
  } else {
    for (const { element, value } of shape.items) {
      below[element] = element in below ? NOTHING : wholeOf(shape.type.item, value);
    }
  }
  return isEmpty(below) ? NOTHING : asMember(below);
}
