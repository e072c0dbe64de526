import { acceptsMediaType, notAcceptable } from "../codec/index.ts";
import type { RequestContext } from "../http/context.ts";
import { unknownPath } from "../http/errors.ts";
import { openApiDocument } from "../openapi/index.ts";
import { sendBytes, vary } from "./respond.ts";

/** `/openapi/v3`, the documents below it, and `/openapi/v2`. */
export async function openApiRoute(context: RequestContext): Promise<void> {
  const { path, query, registry, reply, request } = context;
  const answer = openApiDocument(registry.kinds, path, query, request.headers.accept);
  if (!answer) throw unknownPath();
  const { status, headers, body } = answer;
  if (status === 406) return sendProtobuf(context);
  reply.headers(headers);
  const etag = headers["ETag"];
  if (etag !== undefined && request.headers["if-none-match"] === etag) return void reply.code(304).send();
  if (body === undefined) return void reply.code(status).send();
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body), "utf8");
  await sendBytes(context, { code: status, contentType: "application/json", body: bytes });
}

const V2_ACCEPTED = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
const V2_CONTENT = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/**
 * An `openapi.v2.Document` that describes nothing: `swagger: "2.0"` and `info: {title, version}`.
 *
 * kubectl asks for it, in protobuf and no other form, before it sends a file of `kind: List`, and does not send it
 * when it gets none. For what a document does not describe it leaves validation to the server, which is strict.
 */
const V2_DOCUMENT = Buffer.from("\x0a\x032.0\x12\x0c\x0a\x07tiltish\x12\x010", "latin1");

async function sendProtobuf(context: RequestContext): Promise<void> {
  const isAsked = acceptsMediaType(context.request.headers.accept, V2_ACCEPTED);
  if (!isAsked || !/^\/openapi\/v2\/?$/.test(context.path)) throw notAcceptable(["application/json"]);
  vary(context.reply, "Accept");
  await sendBytes(context, { code: 200, contentType: V2_CONTENT, body: V2_DOCUMENT });
}
