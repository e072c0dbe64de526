import type { FastifyReply } from "fastify";
import { badRequest } from "../../apis/errors.ts";
import type { KubeObject } from "../../apis/meta.ts";
import {
  acceptsGzip,
  COMPRESS_ABOVE,
  compress,
  encode,
  encodeStored,
  negotiate,
  wantsPretty,
  type Layout,
  type Offer,
  type Representation,
} from "../codec/index.ts";
import type { RequestContext, ResourceContext } from "../http/context.ts";
import { partialObjectMetadata, tableOf, type IncludeObject } from "../table/index.ts";

/**
 * The form that the answer is wanted in. Asked before anything is done: a write whose answer cannot be shown is not made.
 *
 * @throws StatusError `NotAcceptable`, or `BadRequest` for a bad `includeObject`.
 */
export function representationOf(context: RequestContext, offer: Offer): Representation {
  const representation = negotiate(context.request.headers.accept, offer);
  if (representation.as === "table") includeObjectOf(context);
  return representation;
}

/** An object, and the JSON that it was stored as. */
export interface Answer {
  object: KubeObject;
  bytes: Buffer;
}

/** Answers with an object in the form that was asked for; most often with the stored bytes as they are. */
export async function sendObject(
  context: ResourceContext,
  answer: Answer,
  { representation, code = 200 }: { representation: Representation; code?: number },
): Promise<void> {
  const layout = layoutOf(context, representation);
  const body =
    representation.as === "object"
      ? encodeStored(answer.bytes, layout)
      : encode(shown(context, answer.object, representation), layout);
  await sendBytes(context, { code, contentType: representation.contentType, body });
}

const shown = (context: ResourceContext, object: KubeObject, { as }: Representation): object =>
  as === "table"
    ? tableOf(context.kind, [object], { includeObject: includeObjectOf(context) })
    : partialObjectMetadata(object);

/** Answers with something that is not stored. */
export async function sendValue(
  context: RequestContext,
  value: unknown,
  { code = 200, ...wanted }: Pick<Representation, "format" | "contentType"> & { code?: number },
): Promise<void> {
  const body = encode(value, layoutOf(context, wanted));
  await sendBytes(context, { code, contentType: wanted.contentType, body });
}

export const layoutOf = (
  { request, query }: RequestContext,
  { format }: Pick<Representation, "format">,
): Layout => ({ format, pretty: wantsPretty(query.get("pretty"), request.headers["user-agent"]) });

interface Bytes {
  code: number;
  contentType: string;
  body: Buffer;
}

export async function sendBytes({ request, reply }: RequestContext, { code, contentType, body }: Bytes) {
  reply.code(code).header("content-type", contentType);
  if (body.length <= COMPRESS_ABOVE) return void reply.send(body);
  vary(reply, "Accept-Encoding");
  if (!acceptsGzip(request.headers["accept-encoding"])) return void reply.send(body);
  void reply.header("content-encoding", "gzip").send(await compress(body));
}

/** Adds a header that the answer depends on. */
export function vary(reply: FastifyReply, header: string): void {
  const already = reply.getHeader("vary");
  reply.header("vary", already === undefined ? header : `${String(already)}, ${header}`);
}

/**
 * Rule 39.
 *
 * @throws StatusError `BadRequest` for what is none of the three.
 */
export function includeObjectOf({ query }: RequestContext): IncludeObject {
  const text = query.get("includeObject") ?? "";
  if (text === "None" || text === "Metadata" || text === "Object") return text;
  if (text === "") return "Metadata";
  throw badRequest(`includeObject: Invalid value: ${JSON.stringify(text)}: must be None, Metadata or Object`);
}

/** Of all warnings together: clients refuse answers with too many headers, Node those with more than 16 KiB. */
const MAX_WARNINGS_LENGTH = 4096;

/** One more `Warning` header for each (rule 75), as far as there is room; clients print them. */
export function warn({ reply }: RequestContext, warnings: readonly string[]): void {
  if (warnings.length === 0) return;
  let length = 0;
  const before = [reply.getHeader("warning") ?? []].flat().map(String);
  const headers = [...before, ...warnings.map(warningOf)].filter(
    (header) => (length += header.length) <= MAX_WARNINGS_LENGTH,
  );
  reply.header("warning", headers);
}

const warningOf = (text: string): string =>
  `299 - "${text
    .slice(0, 256)
    .replace(/[^\x20-\x7e]/g, "?")
    .replace(/["\\]/g, "\\$&")}"`;
