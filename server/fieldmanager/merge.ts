import type { Element } from "./element.ts";
import {
  type FieldType,
  type Fields,
  type Item,
  type ListType,
  type MapType,
  shapeOf,
  typeOfField,
} from "./types.ts";

/**
 * A value with another one applied to it: what is applied is set, everything else stays. Neither is changed; the
 * result shares with `live` what stays as it is.
 */
export function merge(type: FieldType, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live;
  const [was, is] = [shapeOf(type, live), shapeOf(type, applied)];
  if (was.kind === "map" && is.kind === "map") return mergeMaps(is.type, was.value, is.value);
  if (was.kind === "list" && is.kind === "list") return mergeLists(is.type, was.items, is.items);
  return applied;
}

function mergeMaps(type: MapType, live: Fields, applied: Fields): Fields {
  const merged: Record<string, unknown> = { ...live };
  for (const name of Object.keys(applied)) {
    const was = Object.hasOwn(live, name) ? live[name] : undefined;
    merged[name] = merge(typeOfField(type, name), was, applied[name]);
  }
  return merged;
}

/**
 * Items that are applied come in the order in which they are applied; others stay in front of the item that they were
 * in front of.
 */
function mergeLists({ item: type }: ListType, live: readonly Item[], applied: readonly Item[]): unknown[] {
  const places = placesOf(live);
  const isApplied = new Set(applied.map(({ element }) => element));
  const merged: unknown[] = [];
  let next = 0;
  const keepUntil = (end: (item: Item) => boolean) => {
    for (; next < live.length && !end(live[next]!); next++) {
      if (!isApplied.has(live[next]!.element)) merged.push(live[next]!.value);
    }
  };
  for (const { element, value } of applied) {
    const place = places.get(element);
    keepUntil((item) => isApplied.has(item.element));
    if (place && place.index >= next) {
      keepUntil((item) => item.element === element);
      next++;
    }
    merged.push(merge(type, place?.isOnly ? live[place.index]!.value : undefined, value));
  }
  keepUntil(() => false);
  return merged;
}

interface Place {
  index: number;
  /** Items that are there more than once cannot be merged: one that is applied takes the place of all. */
  isOnly: boolean;
}

function placesOf(items: readonly Item[]): Map<Element, Place> {
  const places = new Map<Element, Place>();
  for (const [index, { element }] of items.entries()) {
    const place = places.get(element);
    if (place) place.isOnly = false;
    else places.set(element, { index, isOnly: true });
  }
  return places;
}
