import { apiVersionOf, type Kind } from "../../apis/kind.ts";
import type { KubeObject } from "../../apis/meta.ts";
import type { StatusError } from "../../apis/errors.ts";
import { identityOf } from "../registry/subject.ts";
import { partialObjectMetadata, tableOf, type TableOptions } from "../table/index.ts";
import type { Batch } from "./channels.ts";
import type { Change } from "./selection.ts";

/** How the objects of a watch are asked for. */
export interface Asked {
  kind: Kind;
  as: "object" | "table" | "partial";
  /** For tables. */
  includeObject: TableOptions["includeObject"];
}

/** How the objects of a watch are shown. */
export interface View extends Asked {
  /** The same for what looks the same. A table has the columns of its kind. */
  readonly id: string;
}

/** Made once for a watch, so that nothing need be put together for an event. */
export const viewOf = (asked: Asked): View => ({
  ...asked,
  id: [asked.as, asked.includeObject, asked.kind.version, identityOf(asked.kind)].join(),
});

type Cache<T extends object> = WeakMap<T, Map<string, Buffer>>;
const batches: Cache<Batch> = new WeakMap();
const changes: Cache<Change> = new WeakMap();

/** The lines of a batch, made once for all watchers that look at it in the same way. */
export const framesOf = (batch: Batch, view: View): Buffer =>
  cached(batches, batch, view, () =>
    batch.changes.length === 1
      ? frameOf(batch.changes[0]!, view)
      : Buffer.concat(batch.changes.map((change) => frameOf(change, view))),
  );

/** The same for a watcher that has not been told the columns of its table yet. */
export const frameWithColumns = ({ type, stored }: Change, view: View): Buffer =>
  lineOf(type, tableText(stored.object, view, true));

/** The line of one event. */
export const frameOf = (change: Change, view: View): Buffer =>
  cached(changes, change, view, () => lineOf(change.type, bodyOf(change, view)));

function cached<T extends object>(cache: Cache<T>, key: T, view: View, make: () => Buffer): Buffer {
  const known = cache.get(key);
  const hit = known?.get(view.id);
  if (hit) return hit;
  const frame = make();
  if (known) known.set(view.id, frame);
  else cache.set(key, new Map([[view.id, frame]]));
  return frame;
}

function bodyOf({ stored }: Change, view: View): Buffer | string {
  if (view.as === "object") return stored.bytes;
  if (view.as === "table") return tableText(stored.object, view, false);
  return JSON.stringify(partialObjectMetadata(stored.object));
}

const tableText = (object: KubeObject, { kind, includeObject }: View, withColumns: boolean): string =>
  JSON.stringify(tableOf(kind, [object], { includeObject, withColumns }));

/** Rule 84: one document a line. */
function lineOf(type: string, body: Buffer | string): Buffer {
  const head = `{"type":"${type}","object":`;
  return typeof body === "string"
    ? Buffer.from(`${head}${body}}\n`, "utf8")
    : Buffer.concat([Buffer.from(head, "latin1"), body, END]);
}

const END = Buffer.from("}\n", "latin1");

/** What a bookmark carries. In-process watchers get it as it is. */
export function bookmarkOf(kind: Kind, revision: number, isInitialEnd: boolean): KubeObject {
  const annotations = { "k8s.io/initial-events-end": "true" };
  return {
    kind: kind.kind,
    apiVersion: apiVersionOf(kind),
    // A bookmark names no object.
    metadata: {
      resourceVersion: String(revision),
      ...(isInitialEnd && { annotations }),
    } as KubeObject["metadata"],
  };
}

export function bookmarkFrame(bookmark: KubeObject, view: View, withColumns: boolean): Buffer {
  if (view.as === "object") return lineOf("BOOKMARK", JSON.stringify(bookmark));
  if (view.as === "partial") return lineOf("BOOKMARK", JSON.stringify(partialObjectMetadata(bookmark)));
  return lineOf("BOOKMARK", JSON.stringify(bookmarkTable(bookmark, view, withColumns)));
}

/** A table of one row that has nothing to show. Not made from the bookmark: readers of columns expect an object. */
function bookmarkTable(bookmark: KubeObject, { kind, includeObject }: View, withColumns: boolean) {
  const { metadata } = bookmark;
  const table = tableOf(kind, [], { includeObject, metadata, withColumns: true });
  const cells = (table.columnDefinitions ?? []).map(() => null);
  const object = includeObject === "Object" ? bookmark : partialObjectMetadata(bookmark);
  const rows = [{ cells, ...(includeObject !== "None" && { object }) }];
  return { ...table, columnDefinitions: withColumns ? table.columnDefinitions : null, rows };
}

/** Rule 89: an error in a stream whose answer was 200 already. */
export const errorFrame = (error: StatusError): Buffer => lineOf("ERROR", JSON.stringify(error.toStatus()));
