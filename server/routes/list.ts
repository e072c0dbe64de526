import { Readable } from "node:stream";
import { apiVersionOf, listKindOf } from "../../apis/kind.ts";
import type { ListMeta } from "../../apis/meta.ts";
import { acceptsGzip, COMPRESS_ABOVE, compressor, LIST_OFFER, type Representation } from "../codec/index.ts";
import type { ResourceContext } from "../http/context.ts";
import type { Listed } from "../registry/index.ts";
import { partialObjectMetadataList, tableOf } from "../table/index.ts";
import { booleanOf, invalidOption, listOptionsOf } from "./options.ts";
import {
  type Answer,
  includeObjectOf,
  layoutOf,
  representationOf,
  sendBytes,
  sendValue,
  vary,
} from "./respond.ts";

/** `GET …/{plural}`: one consistent state, whole or in pages (rules 77-80). */
export async function listRoute(context: ResourceContext): Promise<void> {
  const { kind, query, registry, resource } = context;
  const representation = representationOf(context, LIST_OFFER);
  if (booleanOf(query, "sendInitialEvents") !== undefined) throw onlyForWatches();
  const listed = registry.list({ kind, namespace: resource.namespace }, listOptionsOf(context));
  await sendList(context, listed, representation);
}

/** Rule 78. */
const onlyForWatches = () =>
  invalidOption("sendInitialEvents", "Forbidden: is forbidden for list", "FieldValueForbidden");

type Items = Omit<Listed, "items"> & { items: readonly Answer[] };

export async function sendList(
  context: ResourceContext,
  listed: Items,
  representation: Representation,
): Promise<void> {
  const { pretty } = layoutOf(context, representation);
  if (representation.as !== "object" || representation.format !== "json" || pretty) {
    return sendValue(context, shown(context, listed, representation), representation);
  }
  await sendStored(context, listed);
}

/** Forms that cannot be put together from stored bytes. */
function shown(context: ResourceContext, listed: Items, { as }: Representation): object {
  const { kind } = context;
  const metadata = metadataOf(listed);
  const objects = listed.items.map(({ object }) => object);
  if (as === "table") return tableOf(kind, objects, { includeObject: includeObjectOf(context), metadata });
  if (as === "partial") return partialObjectMetadataList(objects, metadata);
  return { apiVersion: apiVersionOf(kind), kind: listKindOf(kind), metadata, items: objects };
}

function metadataOf({ revision, continue: token, remainingItemCount }: Items): ListMeta {
  return {
    resourceVersion: String(revision),
    ...(token !== undefined && { continue: token }),
    ...(remainingItemCount !== undefined && { remainingItemCount }),
  };
}

/** So much is written at a time, for the sake of everything else that goes on. */
const CHUNK_BYTES = 128 * 1024;
const [COMMA, END] = [Buffer.from(","), Buffer.from("]}")];

async function sendStored(context: ResourceContext, listed: Items): Promise<void> {
  const { reply, request, kind } = context;
  const { items } = listed;
  const head = {
    apiVersion: apiVersionOf(kind),
    kind: listKindOf(kind),
    metadata: metadataOf(listed),
    items: [],
  };
  const start = Buffer.from(JSON.stringify(head).slice(0, -END.length));
  const length = items.reduce(
    (sum, { bytes }) => sum + bytes.length + COMMA.length,
    start.length + END.length,
  );
  const total = items.length > 0 ? length - COMMA.length : length;
  if (total <= COMPRESS_ABOVE) {
    const body = Buffer.concat([...chunks(start, items)], total);
    return sendBytes(context, { code: 200, contentType: "application/json", body });
  }
  const stream = Readable.from(chunks(start, items), { objectMode: false, highWaterMark: CHUNK_BYTES });
  reply.header("content-type", "application/json");
  vary(reply, "Accept-Encoding");
  if (!acceptsGzip(request.headers["accept-encoding"])) {
    return void reply.header("content-length", total).send(stream);
  }
  void reply.header("content-encoding", "gzip").send(stream.pipe(compressor()));
}

function* chunks(start: Buffer, items: readonly Answer[]): Generator<Buffer> {
  let parts = [start];
  let size = start.length;
  for (const [index, { bytes }] of items.entries()) {
    if (index > 0) parts.push(COMMA);
    parts.push(bytes);
    size += bytes.length;
    if (size < CHUNK_BYTES) continue;
    yield Buffer.concat(parts);
    parts = [];
    size = 0;
  }
  yield Buffer.concat([...parts, END]);
}
