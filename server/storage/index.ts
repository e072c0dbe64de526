export { compareKeys } from "./collection.ts";
export { assertFits, notReached, StoreError, StoreLockedError } from "./errors.ts";
export { freeze, metadataOf } from "./record.ts";
export { Store } from "./store.ts";
export type {
  Change,
  Changes,
  CompactionStatus,
  Decide,
  HistoryPolicy,
  ObjectKey,
  Peek,
  Scope,
  Stored,
  StoreEvent,
  StoreLog,
  StoreOptions,
} from "./types.ts";
