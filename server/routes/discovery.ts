import { aggregatedVersionOf, encodeStored, negotiate, type Offer } from "../codec/index.ts";
import { discoveryDocument } from "../discovery/index.ts";
import type { RequestContext } from "../http/context.ts";
import { unknownPath } from "../http/errors.ts";
import { isKnown } from "./etag.ts";
import { layoutOf, sendBytes, vary } from "./respond.ts";

const OFFER: Offer = { formats: ["json", "yaml"], transforms: [] };

/** `/`, `/api`, `/apis` and what is below them, down to the resources of one version. */
export async function discoveryRoute(context: RequestContext): Promise<void> {
  const { path, registry, reply, request } = context;
  const { accept } = request.headers;
  const document = discoveryDocument(registry.kinds, path, aggregatedVersionOf(accept));
  if (!document) throw unknownPath();
  const { bytes, contentType, etag } = document;
  const wanted = etag === undefined ? negotiate(accept, OFFER) : { format: "json" as const, contentType };
  vary(reply, "Accept");
  if (etag !== undefined) reply.header("etag", etag);
  if (etag !== undefined && isKnown(request, etag)) return void reply.code(304).send();
  const body = encodeStored(bytes, layoutOf(context, wanted));
  await sendBytes(context, { code: 200, contentType: wanted.contentType, body });
}
