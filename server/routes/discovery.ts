import { assertAcceptsJson, wantsAggregated } from "../codec/index.ts";
import { discoveryDocument } from "../discovery/index.ts";
import type { RequestContext } from "../http/context.ts";
import { unknownPath } from "../http/errors.ts";
import { sendValue, vary } from "./respond.ts";

/** `/`, `/api`, `/apis` and what is below them, down to the resources of one version. */
export async function discoveryRoute(context: RequestContext): Promise<void> {
  const { path, registry, reply, request } = context;
  const { accept } = request.headers;
  const document = discoveryDocument(registry.kinds, path, wantsAggregated(accept));
  if (!document) throw unknownPath();
  const { body, contentType, etag } = document;
  if (etag === undefined) assertAcceptsJson(accept);
  vary(reply, "Accept");
  if (etag !== undefined) reply.header("etag", etag);
  if (etag !== undefined && request.headers["if-none-match"] === etag) return void reply.code(304).send();
  await sendValue(context, body, { format: "json", contentType });
}
