import type { RequestContext } from "../http/context.ts";
import { unknownPath } from "../http/errors.ts";
import { openApiDocument, prepareOpenApi } from "../openapi/index.ts";
import { isKnown } from "./etag.ts";
import { sendBytes } from "./respond.ts";

/** `/openapi/v3`, the documents below it, and `/openapi/v2`. */
export async function openApiRoute(context: RequestContext): Promise<void> {
  const { path, query, registry, reply, request } = context;
  const asked = { path, query, accept: request.headers.accept };
  await prepareOpenApi(registry.kinds, asked);
  const answer = openApiDocument(registry.kinds, asked);
  if (!answer) throw unknownPath();
  const { status, contentType, etag, headers, bytes } = answer;
  reply.headers({ ...headers, etag });
  if (status === 301) return void reply.code(301).send();
  if (isKnown(request, etag)) return void reply.code(304).send();
  await sendBytes(context, { code: status, contentType, body: bytes() });
}
