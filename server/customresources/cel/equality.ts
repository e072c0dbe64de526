import type { Spend } from "../work.ts";
import { Duration, Timestamp } from "./time.ts";
import {
  type CelMap,
  entryOf,
  isList,
  isMap,
  itemAt,
  JsonList,
  type JsonMap,
  lengthOf,
  Opaque,
  Optional,
  TypeName,
  Uint,
  type Value,
} from "./values.ts";

/** Whether two values are equal. Values of different types are not, but for numbers. */
export function equals(a: Value, b: Value, spend: Spend): boolean {
  spend(1);
  const [x, y] = [numberIn(a), numberIn(b)];
  // oxlint-disable-next-line eslint/eqeqeq -- what compares bigints with numbers exactly
  if (x !== undefined && y !== undefined) return x == y;
  if (typeof a === "string" && typeof b === "string") {
    spend(a.length / 10);
    return a === b;
  }
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return a === b;
  if (isList(a)) return isList(b) && listsEqual(a, b, spend);
  if (isMap(a)) return isMap(b) && mapsEqual(a, b, spend);
  return ofOneClass(a, b, spend);
}

type Other = Exclude<Value & object, readonly Value[] | JsonList | CelMap | JsonMap>;

function ofOneClass(a: Other, b: Value & object, spend: Spend): boolean {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.from(a).equals(b);
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (a instanceof TypeName) return b instanceof TypeName && a.name === b.name;
  if (a instanceof Opaque) return b instanceof Opaque && a.typeName === b.typeName && a.equals(b);
  if (!(a instanceof Optional && b instanceof Optional)) return false;
  if (a.value === undefined || b.value === undefined) return a.value === b.value;
  return equals(a.value, b.value, spend);
}

export const numberIn = (value: Value): bigint | number | undefined =>
  typeof value === "bigint" || typeof value === "number"
    ? value
    : value instanceof Uint
      ? value.value
      : undefined;

/** Lists that are sets, or told apart by keys, are the same in any order. */
function listsEqual(a: readonly Value[] | JsonList, b: readonly Value[] | JsonList, spend: Spend): boolean {
  if (lengthOf(a) !== lengthOf(b)) return false;
  const isUnordered = [a, b].some(
    (list) =>
      list instanceof JsonList && ["set", "map"].includes(list.schema["x-kubernetes-list-type"] ?? ""),
  );
  for (let i = 0; i < lengthOf(a); i++) {
    const isThere = isUnordered
      ? includes(b, itemAt(a, i), spend)
      : equals(itemAt(a, i), itemAt(b, i), spend);
    if (!isThere) return false;
  }
  return true;
}

export function includes(list: readonly Value[] | JsonList, value: Value, spend: Spend): boolean {
  for (let i = 0; i < lengthOf(list); i++) if (equals(itemAt(list, i), value, spend)) return true;
  return false;
}

function mapsEqual(a: CelMap | JsonMap, b: CelMap | JsonMap, spend: Spend): boolean {
  if (a.size !== b.size) return false;
  return a.keys().every((key) => {
    const [x, y] = [entryOf(a, key), entryOf(b, key)];
    return x !== undefined && y !== undefined && equals(x, y, spend);
  });
}
