import { notAcceptable } from "../codec/index.ts";
import type { RequestContext } from "../http/context.ts";
import { unknownPath } from "../http/errors.ts";
import { openApiDocument } from "../openapi/index.ts";
import { sendBytes } from "./respond.ts";

/** `/openapi/v3`, the documents below it, and `/openapi/v2`. */
export async function openApiRoute(context: RequestContext): Promise<void> {
  const { path, query, registry, reply, request } = context;
  const answer = openApiDocument(registry.kinds, path, query, request.headers.accept);
  if (!answer) throw unknownPath();
  const { status, headers, body } = answer;
  if (status === 406) throw notAcceptable(["application/json"]);
  reply.headers(headers);
  const etag = headers["ETag"];
  if (etag !== undefined && request.headers["if-none-match"] === etag) return void reply.code(304).send();
  if (body === undefined) return void reply.code(status).send();
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body), "utf8");
  await sendBytes(context, { code: status, contentType: "application/json", body: bytes });
}
