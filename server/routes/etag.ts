import type { FastifyRequest } from "fastify";

/** Whether the client has this very answer already: one of the tags of its `If-None-Match` is the present one. */
export function isKnown(request: FastifyRequest, etag: string): boolean {
  const header = request.headers["if-none-match"];
  if (header === undefined) return false;
  return header.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag);
}
