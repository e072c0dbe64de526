import { badRequest } from "../../../apis/errors.ts";
import { isRecord } from "../../admission/decode.ts";

type Value = Record<string, unknown>;

/** Lists of our built-in kinds whose items are merged by a key; all others are replaced. */
const MERGE_KEYS = new Map([
  ["metadata.ownerReferences", "uid"],
  ["status.conditions", "type"],
]);
/** Lists of plain values that are merged as sets. Not the finalizers in the spec of a Namespace. */
const SETS = new Set(["metadata.finalizers"]);

const DELETE_FROM = "$deleteFromPrimitiveList/";
const SET_ORDER = "$setElementOrder/";

/** A strategic merge patch as Kubernetes defines it, for the built-in kinds. `current` is left alone. */
export function strategicMergePatch(current: unknown, patch: Value): unknown {
  return mergeMap(isRecord(current) ? current : {}, patch, "");
}

/** @param at Path of the map, such as `metadata`; empty for the object itself. */
function mergeMap(current: Value, patch: Value, at: string): Value {
  const directive = directiveOf(patch);
  if (directive === "replace") return without(patch, "$patch");
  if (directive === "delete") return {};
  const result: Value = retained(current, patch["$retainKeys"]);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(DELETE_FROM)) removeFrom(result, key.slice(DELETE_FROM.length), value);
    else if (key === "$retainKeys" || key === "$patch" || key.startsWith(SET_ORDER)) continue;
    else if (value === null) delete result[key];
    else result[key] = mergeValue(at ? `${at}.${key}` : key, result[key], value);
  }
  for (const [key, order] of Object.entries(patch))
    if (key.startsWith(SET_ORDER)) sortBy(result, { key: key.slice(SET_ORDER.length), at, order });
  return result;
}

function mergeValue(at: string, current: unknown, patch: unknown): unknown {
  if (isRecord(patch)) return mergeMap(isRecord(current) ? current : {}, patch, at);
  if (!Array.isArray(patch)) return patch;
  const present = Array.isArray(current) ? (current as unknown[]) : [];
  if (SETS.has(at)) return [...new Set([...present, ...(patch as unknown[])])];
  const mergeKey = MERGE_KEYS.get(at);
  return mergeKey ? mergeList(present, patch as unknown[], { key: mergeKey, at }) : (patch as unknown[]);
}

function mergeList(
  current: unknown[],
  patch: unknown[],
  { key, at }: { key: string; at: string },
): unknown[] {
  const items = patch.filter(isRecord);
  if (items.some((item) => directiveOf(item) === "replace"))
    return items.filter((item) => !("$patch" in item));
  let result = current.filter(isRecord);
  for (const item of items) {
    const index = result.findIndex((existing) => existing[key] === item[key]);
    if (directiveOf(item) === "delete") result = result.filter((existing) => existing[key] !== item[key]);
    else if (index < 0) result.push(mergeMap({}, item, `${at}[]`));
    else result[index] = mergeMap(result[index]!, item, `${at}[]`);
  }
  return result;
}

/** Items that the order names come in that order, in the places that they have together; all others stay. */
function sortBy(result: Value, { key, at, order }: { key: string; at: string; order: unknown }): void {
  const list = result[key];
  if (!Array.isArray(list) || !Array.isArray(order)) return;
  const mergeKey = MERGE_KEYS.get(at ? `${at}.${key}` : key);
  const idOf = (item: unknown) => (mergeKey && isRecord(item) ? item[mergeKey] : item);
  const rank = new Map(order.map((item, i) => [idOf(item), i]));
  const isNamed = (item: unknown) => rank.has(idOf(item));
  const named = list.filter(isNamed).toSorted((a, b) => rank.get(idOf(a))! - rank.get(idOf(b))!);
  result[key] = list.map((item: unknown) => (isNamed(item) ? (named.shift() as unknown) : item));
}

function directiveOf({ $patch: directive }: Value): unknown {
  if (directive === undefined || ["replace", "delete", "merge"].includes(directive as string))
    return directive;
  throw badRequest(`a strategic merge patch has no directive ${JSON.stringify(directive)}`);
}

function retained(current: Value, keys: unknown): Value {
  if (!Array.isArray(keys)) return { ...current };
  return Object.fromEntries(Object.entries(current).filter(([key]) => keys.includes(key)));
}

function removeFrom(result: Value, key: string, values: unknown): void {
  if (!Array.isArray(values) || !Array.isArray(result[key])) return;
  result[key] = (result[key] as unknown[]).filter((value) => !values.includes(value));
}

function without(value: Value, key: string): Value {
  const { [key]: _, ...rest } = value;
  return rest;
}
