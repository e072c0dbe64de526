import { diff, type Sides } from "./diff.ts";
import type { Operation } from "./operations.ts";
import type { Rejected } from "./rejected.ts";
import { type Tree, treeHashOf } from "./tree.ts";

export interface Limits {
  readonly maxFiles: number;
  /** Bytes of all files that would have to be sent. */
  readonly maxSet: number;
}

/** All that one commit does. */
export interface Plan {
  readonly operations: readonly Operation[];
  readonly rejected: readonly Rejected[];
  /** What the other side has afterwards, of what is here. */
  readonly tree: Tree;
  readonly treeHash: string;
  readonly files: number;
  readonly deletes: number;
  /** Bytes of the files that have to be sent, before compression and differences. */
  readonly bytes: number;
}

/** Why a set is not synced at all. The other side stays as it is. */
export interface Refusal {
  readonly reason: "TooManyFiles" | "SetTooLarge" | "RootEmptied";
  /** With the limit, how much it is, and the field to change. */
  readonly message: string;
}

/**
 * What to do to make the other side like this one.
 *
 * Pure: the same sides make the same plan.
 */
export function planOf(sides: Sides, limits: Limits): Plan | Refusal {
  const files = [...sides.local.values()].filter(({ type }) => type === "file").length;
  // Of a tree with too many files no more is known than that.
  if (files > limits.maxFiles) return { reason: "TooManyFiles", message: tooManyFiles(limits) };
  const { operations, rejected } = diff(sides);
  if (files === 0 && isFileTracked(sides)) return rootEmptied;
  const bytes = operations.reduce((sum, operation) => sum + bytesOf(operation), 0);
  if (bytes > limits.maxSet) return setTooLarge(bytes, limits);
  const tree = without(sides.local, rejected);
  return {
    operations,
    rejected,
    tree,
    treeHash: treeHashOf(tree),
    files: operations.filter(({ type }) => type === "put" || type === "link" || type === "chmod").length,
    deletes: operations.filter(({ type }) => type === "remove").length,
    bytes,
  };
}

/** Nothing is to be done: both sides are the same already. */
export const isEmptyPlan = ({ operations }: Plan): boolean => operations.length === 0;

/** A clean build begins by deleting everything; nobody wants that to reach the app. */
const rootEmptied: Refusal = {
  reason: "RootEmptied",
  message:
    "all files are gone, as in the middle of a clean build; nothing is deleted until there are files again",
};

const isFileTracked = ({ remote, tracked, deletePolicy }: Sides): boolean =>
  deletePolicy !== "Never" && [...tracked].some((path) => remote.get(path)?.type === "file");

/** How many there are nobody has counted. */
export const tooManyFiles = ({ maxFiles }: Pick<Limits, "maxFiles">): string =>
  `there are more than ${maxFiles} files (spec.limits.maxFiles); add ignores, or raise it`;

const setTooLarge = (bytes: number, { maxSet }: Limits): Refusal => ({
  reason: "SetTooLarge",
  message: `${bytes} bytes to send are more than spec.limits.maxSet (${maxSet}); add ignores, raise it, or deploy`,
});

const bytesOf = (operation: Operation): number =>
  operation.type === "put" && operation.from === undefined ? operation.entry.size : 0;

function without(tree: Tree, rejected: readonly Rejected[]): Tree {
  if (rejected.length === 0) return tree;
  const left = new Set(rejected.map(({ path }) => path));
  return new Map([...tree].filter(([path]) => !left.has(path)));
}
