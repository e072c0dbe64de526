import { stringify } from "yaml";
import type { Random } from "../random.ts";
import { mutated, oddText, oddValue } from "./values.ts";

/** A patch: a value to be written as JSON, or text. */
interface Patch {
  type: string;
  value: unknown;
}

const POINTERS = [
  "",
  "/",
  "/metadata/labels/app",
  "/metadata/labels",
  "/metadata/name",
  "/metadata/resourceVersion",
  "/metadata/managedFields",
  "/metadata/finalizers/-",
  "/data/x",
  "/spec/title",
  "/spec/ports/0",
  "/spec/ports/-",
  "/spec/ports/99999999999999",
  "/spec/ports/-1",
  "/spec/ports/01",
  "/spec/~2",
  "/spec/~0~1",
  "/__proto__/x",
  "/constructor/prototype",
  "/kind",
  "no-slash",
];
const OPERATIONS = ["add", "remove", "replace", "move", "copy", "test", "explode", "ADD"];

/** A change of such an object, in one of the four ways. */
export const patchOf = (random: Random, object: Record<string, unknown>): Patch =>
  random.weighted<() => Patch>([
    [3, () => ({ type: "application/merge-patch+json", value: mergeOf(random, object) })],
    [3, () => ({ type: "application/json-patch+json", value: jsonPatchOf(random) })],
    [2, () => ({ type: "application/strategic-merge-patch+json", value: strategicOf(random, object) })],
    [4, () => ({ type: "application/apply-patch+yaml", value: applyOf(random, object) })],
  ])();

function mergeOf(random: Random, { metadata, ...fields }: Record<string, unknown>): unknown {
  if (random.chance(0.1)) return oddValue(random);
  return random.chance(0.5) ? fields : { metadata: mutated(random, metadata) };
}

function jsonPatchOf(random: Random): unknown {
  if (random.chance(0.05)) return oddValue(random);
  const operations = random.times(5, () => ({
    op: random.pick(OPERATIONS),
    path: random.chance(0.95) ? random.pick(POINTERS) : oddText(random),
    ...(random.chance(0.3) && { from: random.pick(POINTERS) }),
    ...(random.chance(0.8) && { value: oddValue(random) }),
  }));
  // Each copy of everything into itself would double it.
  const doubling = Array.from({ length: 40 }, () => ({
    op: "copy",
    from: "/metadata",
    path: "/metadata/annotations",
  }));
  return random.chance(0.03) ? doubling : operations;
}

const DIRECTIVES: readonly object[] = [
  { $patch: "replace" },
  { $patch: "delete" },
  { $patch: "merge" },
  { $patch: 5 },
  { $retainKeys: ["x"] },
  { $retainKeys: 5 },
  { "$deleteFromPrimitiveList/finalizers": ["a"] },
  { "$setElementOrder/finalizers": ["b", "a"] },
  { "$setElementOrder/ownerReferences": [{ uid: "x" }] },
];

function strategicOf(random: Random, object: Record<string, unknown>): unknown {
  const { metadata } = object as { metadata: object };
  const own = { ...metadata, ...random.pick(DIRECTIVES) };
  const data = { ...random.pick(DIRECTIVES), x: oddText(random) };
  return random.chance(0.5) ? { metadata: own } : { data, spec: data, ...random.pick(DIRECTIVES) };
}

function applyOf(random: Random, object: Record<string, unknown>): unknown {
  const applied = random.chance(0.7) ? object : mutated(random, object);
  return random.chance(0.3) ? stringify(JSON.parse(JSON.stringify(applied) ?? "null")) : applied;
}
