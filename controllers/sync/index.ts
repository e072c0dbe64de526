export { type Chunk, Chunker, chunksOf } from "./chunks.ts";
export { bytesToSend, deltaOf, type Piece } from "./delta.ts";
export { type DeletePolicy, diff, type Difference, type Sides } from "./diff.ts";
export { matcherOf } from "./globs.ts";
export { UnsettledError } from "./hashes.ts";
export { LocalTree, type LocalTreeOptions, type Snapshot } from "./local-tree.ts";
export type { Operation, Put } from "./operations.ts";
export { isEmptyPlan, type Limits, type Plan, planOf, type Refusal, tooManyFiles } from "./plan.ts";
export type { Rejected, RejectReason } from "./rejected.ts";
export {
  DIRECTORY,
  type DirectoryEntry,
  type Entry,
  type FileEntry,
  isSameEntry,
  type LinkEntry,
  parentsOf,
  type Tree,
  treeHashOf,
} from "./tree.ts";
