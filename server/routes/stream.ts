import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";

/** Takes an answer over from the framework, and lets the client know at once that it has one (rule 84). */
export function openStream(reply: FastifyReply, contentType: string): void {
  const headers = reply.getHeaders() as Record<string, string>;
  reply.hijack();
  reply.raw.writeHead(200, { ...headers, "content-type": contentType });
  reply.raw.flushHeaders();
}

/** How long a client may take to read the end, once there is one. */
const END_MS = 1_000;

/** Ends a stream with its final chunk, and the connection of a client that does not read it. */
export function endStream(response: ServerResponse, last?: Buffer): void {
  if (response.destroyed) return;
  response.end(last);
  const timer = setTimeout(() => response.destroy(), END_MS).unref();
  response.once("close", () => clearTimeout(timer));
}
