import { badRequest } from "../../../apis/errors.ts";
import { isRecord } from "../../admission/decode.ts";

type Value = Record<string, unknown>;

/** Lists of our built-in kinds whose items are merged by a key instead of being replaced. */
const MERGE_KEYS = new Map([
  ["ownerReferences", "uid"],
  ["conditions", "type"],
  ["managedFields", "manager"],
]);
/** Lists of plain values that are merged as sets. */
const SETS = new Set(["finalizers"]);

const DELETE_FROM = "$deleteFromPrimitiveList/";
const SET_ORDER = "$setElementOrder/";

/** A strategic merge patch as Kubernetes defines it, for the built-in kinds. `current` is left alone. */
export function strategicMergePatch(current: unknown, patch: Value): unknown {
  return mergeMap(isRecord(current) ? current : {}, patch);
}

function mergeMap(current: Value, patch: Value): Value {
  const directive = directiveOf(patch);
  if (directive === "replace") return without(patch, "$patch");
  if (directive === "delete") return {};
  const result: Value = retained(current, patch["$retainKeys"]);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(DELETE_FROM)) removeFrom(result, key.slice(DELETE_FROM.length), value);
    else if (key === "$retainKeys" || key === "$patch" || key.startsWith(SET_ORDER)) continue;
    else if (value === null) delete result[key];
    else result[key] = mergeValue(key, result[key], value);
  }
  return result;
}

function mergeValue(key: string, current: unknown, patch: unknown): unknown {
  if (isRecord(patch)) return mergeMap(isRecord(current) ? current : {}, patch);
  if (!Array.isArray(patch)) return patch;
  const present = Array.isArray(current) ? (current as unknown[]) : [];
  if (SETS.has(key)) return [...new Set([...present, ...(patch as unknown[])])];
  const mergeKey = MERGE_KEYS.get(key);
  return mergeKey ? mergeList(present, patch as unknown[], mergeKey) : (patch as unknown[]);
}

function mergeList(current: unknown[], patch: unknown[], key: string): unknown[] {
  const items = patch.filter(isRecord);
  if (items.some((item) => directiveOf(item) === "replace"))
    return items.filter((item) => !("$patch" in item));
  let result = current.filter(isRecord);
  for (const item of items) {
    const at = result.findIndex((existing) => existing[key] === item[key]);
    if (directiveOf(item) === "delete") result = result.filter((existing) => existing[key] !== item[key]);
    else if (at < 0) result.push(mergeMap({}, item));
    else result[at] = mergeMap(result[at]!, item);
  }
  return result;
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
