import { asMember, elementsOf, type FieldSet, isEmpty, isMember, NOTHING } from "./fieldset.ts";
import { type FieldType, typeOfField } from "./types.ts";

/**
 * A set that was tracked when its kind had another schema, as the present one owns it: what has become one leaf is
 * owned as one. Fields that have become several need nothing done: they are owned as far as they were.
 */
export function collapsed(type: FieldType, set: FieldSet): FieldSet {
  let changed: Record<string, FieldSet> | undefined;
  for (const element of elementsOf(set)) {
    const node = set[element]!;
    const next = collapsedNode(typeBelow(type, element), node);
    if (next === node) continue;
    changed ??= { ...set };
    changed[element] = next;
  }
  return changed ?? set;
}

/** Undefined for an element that a value of this type has not. */
function typeBelow(type: FieldType, element: string): FieldType | undefined {
  const isField = element.startsWith("f:");
  const map = type.kind === "any" ? type.map : type;
  if (map?.kind === "map" && isField) return typeOfField(map, element.slice(2));
  return type.kind === "list" && !isField ? type.item : undefined;
}

function collapsedNode(type: FieldType | undefined, node: FieldSet): FieldSet {
  if (isEmpty(node) || !type) return node;
  const isLeaf = elementsOf(node).some((element) => !typeBelow(type, element));
  if (isLeaf) return NOTHING;
  const below = collapsed(type, node);
  return isMember(node) && below !== node ? asMember(below) : below;
}
