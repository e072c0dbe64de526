import { type Element, fieldElement } from "./element.ts";
import { asMember, type FieldSet, NOTHING } from "./fieldset.ts";
import { type FieldType, shapeOf, typeOfField } from "./types.ts";

/**
 * What somebody owns who applies this value.
 *
 * A field of a struct is owned through what is in it; an item of a list and a key of a map also by itself, so that it
 * goes when it is no longer applied, whatever others have put into it.
 */
export function appliedSet(type: FieldType, value: unknown): FieldSet {
  const shape = shapeOf(type, value);
  if (shape.kind === "leaf") return NOTHING;
  const below: Record<Element, FieldSet> = {};
  if (shape.kind === "list") {
    for (const { element, value } of shape.items) {
      below[element] = asMember(appliedSet(shape.type.item, value));
    }
    return below;
  }
  for (const name of Object.keys(shape.value)) {
    const field = shape.value[name];
    if (field === undefined) continue;
    const node = appliedSet(typeOfField(shape.type, name), field);
    below[fieldElement(name)] = shape.type.fields.has(name) ? node : asMember(node);
  }
  return below;
}
