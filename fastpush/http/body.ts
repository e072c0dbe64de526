import type { IncomingMessage } from "node:http";

/** A body that is longer than is taken. */
export class TooLargeError extends Error {
  override readonly name = "TooLargeError";
}

/** Whoever sends nothing for so long has gone. */
export const IDLE_MS = 60_000;

/** What is left of the body of a request that was answered already is read, that much of it, so that the answer arrives. */
const MAX_REST_BYTES = 1024 * 1024;
const MAX_REST_MS = 2000;

/** @throws TooLargeError, or that the client has gone. */
export async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.setTimeout(IDLE_MS, () => request.destroy(new Error("the client sends no more")));
  // Who sends too much still gets an answer.
  const source = request.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  for await (const chunk of source) {
    chunks.push(chunk);
    if ((bytes += chunk.length) > maxBytes) throw tooLarge(maxBytes);
  }
  request.setTimeout(0);
  return Buffer.concat(chunks);
}

const tooLarge = (maxBytes: number): TooLargeError =>
  new TooLargeError(`the body is larger than ${maxBytes} bytes; send less at once, or raise max_body`);

/** Ends a connection over which somebody goes on sending what nobody reads. */
export function letGo(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  let left = MAX_REST_BYTES;
  const end = () => request.socket.destroy();
  const timer = setTimeout(end, MAX_REST_MS).unref();
  request.on("data", (chunk: Buffer) => {
    if ((left -= chunk.length) < 0) end();
  });
  request.once("end", () => clearTimeout(timer));
  request.once("close", () => clearTimeout(timer));
  request.on("error", () => undefined);
}
