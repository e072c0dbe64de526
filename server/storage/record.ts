import { crc32 } from "node:zlib";
import type { KubeObject, ObjectMeta } from "../../apis/meta.ts";
import type { Row } from "./driver.ts";
import { metadataIn } from "./metadata.ts";
import type { ObjectKey, Scope, Stored } from "./types.ts";

export type Operation = "create" | "update" | "delete";

/** One row of the log, as it is written and read. */
export interface LogRecord {
  readonly stored: Stored;
  readonly operation: Operation;
  readonly timeMs: number;
}

/**
 * One state of one object.
 *
 * The object is always parsed from the bytes, so that it is exactly what a client gets and shares nothing with what
 * the writer still holds; and only when asked for, because most states are only ever sent.
 */
class StoredState implements Stored {
  readonly revision: number;
  readonly key: ObjectKey;
  readonly bytes: Buffer;
  #object: KubeObject | undefined;

  constructor(revision: number, key: ObjectKey, bytes: Buffer) {
    this.revision = revision;
    this.key = key;
    this.bytes = bytes;
  }

  get object(): KubeObject {
    this.#object ??= freeze(JSON.parse(this.bytes.toString("utf8")) as KubeObject);
    return this.#object;
  }

  /** Parsed anew unless the whole object is: who asks only for this keeps it, or else nobody need. */
  get metadata(): ObjectMeta {
    return this.#object?.metadata ?? freeze(metadataIn(this.bytes));
  }
}

/** The metadata of a state, at no more cost than it takes. */
export const metadataOf = (state: Pick<Stored, "object">): ObjectMeta =>
  state instanceof StoredState ? state.metadata : state.object.metadata;

/** The state that writing `object` at `revision` makes. */
export function storedOf(revision: number, key: ObjectKey, object: KubeObject): Stored {
  const metadata = { ...object.metadata, resourceVersion: String(revision) };
  return new StoredState(revision, key, bytesOf(JSON.stringify({ ...object, metadata })));
}

/** The record in a row, unless its checksum says that the row is not what was written. */
export function recordOf(row: Row): LogRecord | undefined {
  const key: ObjectKey = {
    group: String(row["api_group"]),
    plural: String(row["plural"]),
    namespace: String(row["namespace"]),
    name: String(row["name"]),
  };
  const value = row["value"];
  if (!(value instanceof Uint8Array)) return undefined;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const record: LogRecord = {
    stored: new StoredState(Number(row["rev"]), key, bytes),
    operation: row["op"] as Operation,
    timeMs: Number(row["time_ms"]),
  };
  return checksumOf(record) === row["checksum"] ? record : undefined;
}

/** Over everything that a row says and that never changes: its place in the log, its key and its value. */
export function checksumOf({ stored, operation, timeMs }: LogRecord): number {
  const { group, plural, namespace, name } = stored.key;
  const header = [stored.revision, timeMs, group, plural, namespace, name, operation].join("\0");
  return crc32(stored.bytes, crc32(header));
}

/** Identifies a collection in maps. */
export const collectionIdOf = ({ group, plural }: Scope): string => `${group}\0${plural}`;

/** Identifies an object in maps. */
export const idOf = ({ group, plural, namespace, name }: ObjectKey): string =>
  `${group}\0${plural}\0${namespace}\0${name}`;

/** A buffer of its own: a slice of Node's shared pool would keep 8 KiB alive for as long as the object lives. */
function bytesOf(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

/** At every depth. What is frozen is taken for frozen in all its parts. */
export function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}
