import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";

/** What of HTTP/2 cannot be hidden behind requests and answers that look like those of HTTP/1.1. */
type Response2 = ServerResponse & Pick<Http2ServerResponse, "stream">;
type Request2 = IncomingMessage & Pick<Http2ServerRequest, "stream">;

export const isHttp2 = ({ httpVersionMajor }: IncomingMessage): boolean => httpVersionMajor >= 2;

/**
 * Names the host where HTTP/1.1 does: in HTTP/2 it has a field of its own.
 *
 * A Host header that says something else is left beside it, so that whoever counts finds two.
 */
export function nameHost({ headers, rawHeaders }: IncomingMessage): void {
  const authority = headers[":authority"];
  if (typeof authority !== "string" || headers.host === authority) return;
  rawHeaders.push("host", authority);
  headers.host = authority;
}

/** So much takes what a request says of itself. */
export const headerBytesOf = ({ rawHeaders }: IncomingMessage): number =>
  rawHeaders.reduce((sum, text) => sum + text.length, 0);

/** Whether a body comes, or may still come, with the request. */
export const hasBody = (request: IncomingMessage): boolean =>
  isHttp2(request)
    ? !(request as Request2).stream.endAfterHeaders
    : "content-length" in request.headers || "transfer-encoding" in request.headers;

/** Whether nobody is there any more to read the answer. */
export const isGone = (response: ServerResponse): boolean =>
  isHttp2(response.req) ? (response as Response2).stream.destroyed : response.destroyed;

/** Ends an answer in the middle, so that nobody takes it for a whole one. */
export function cutOff(response: ServerResponse): void {
  if (!isHttp2(response.req)) return void response.destroy();
  const { stream } = response as Response2;
  stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  // A client that does not read would never let it close.
  stream.destroy();
}
