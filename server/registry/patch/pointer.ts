import { isRecord } from "../../admission/decode.ts";

/** The steps of a JSON pointer (RFC 6901), unescaped; undefined if it is none. */
export function stepsOf(pointer: unknown): string[] | undefined {
  if (typeof pointer !== "string" || /^[^/]|~(?![01])/.test(pointer)) return undefined;
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** What is there; undefined, which is no JSON, if nothing is. Sees own fields only. */
export function find(root: unknown, steps: readonly string[]): unknown {
  let value = root;
  for (const step of steps) {
    if (Array.isArray(value)) value = value[indexOf(step, value.length)] as unknown;
    else if (isRecord(value) && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  return value;
}

/** Adds a field, or an item in front of the one that is there; `-` is the end of a list. Whether there was a place. */
export function insert(root: unknown, steps: readonly string[], value: unknown): boolean {
  const [parent, last] = placeOf(root, steps);
  if (Array.isArray(parent)) {
    const index = last === "-" ? parent.length : indexOf(last, parent.length + 1);
    if (!(index >= 0 && index <= parent.length)) return false;
    parent.splice(index, 0, value);
    return true;
  }
  if (!isRecord(parent)) return false;
  parent[last] = value;
  return true;
}

/** Takes a field or an item away, and gives it; undefined if nothing is there. */
export function remove(root: unknown, steps: readonly string[]): unknown {
  const [parent, last] = placeOf(root, steps);
  const value = find(parent, [last]);
  if (value === undefined) return undefined;
  if (Array.isArray(parent)) parent.splice(indexOf(last, parent.length), 1);
  else delete (parent as Record<string, unknown>)[last];
  return value;
}

/** Whether there was something to replace. */
export function replace(root: unknown, steps: readonly string[], value: unknown): boolean {
  const [parent, last] = placeOf(root, steps);
  if (find(parent, [last]) === undefined) return false;
  if (Array.isArray(parent)) parent[indexOf(last, parent.length)] = value;
  else (parent as Record<string, unknown>)[last] = value;
  return true;
}

const placeOf = (root: unknown, steps: readonly string[]): [unknown, string] => [
  find(root, steps.slice(0, -1)),
  steps.at(-1)!,
];

/** NaN for what is no index, such as `01` or `-`. As Kubernetes does, `-1` is the last of so many places. */
function indexOf(step: string, places: number): number {
  if (/^(0|[1-9]\d*)$/.test(step)) return Number(step);
  return /^-[1-9]\d*$/.test(step) ? places + Number(step) : Number.NaN;
}
