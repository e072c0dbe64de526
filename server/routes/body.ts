import type { IncomingMessage } from "node:http";
import { badRequest, StatusError } from "../../apis/errors.ts";
import { objectDecoder, type Decoded } from "../codec/index.ts";
import type { RequestContext, ResourceContext } from "../http/context.ts";
import { tooLarge, tooSlow } from "../http/errors.ts";
import type { Limits } from "../http/limits.ts";
import { isHttp2 } from "../http/protocol.ts";

/**
 * Reads and decodes the body: media type first, then size, then text (reliability 2.2).
 *
 * @throws StatusError 415, 413, or 400.
 */
export async function decodeBody(
  context: RequestContext,
  decode: (bytes: Buffer) => Decoded,
): Promise<Decoded> {
  return decode(await readBody(context));
}

/** The object of a create or an update. */
export const decodeObject = (context: ResourceContext): Promise<Decoded> =>
  decodeBody(context, objectDecoder(context.request.headers["content-type"], context.kind.builtIn));

/** The body of a delete, which may be absent. Its options are the same for all kinds, so protobuf will do for all. */
export async function decodeOptionalBody(context: ResourceContext): Promise<unknown> {
  const bytes = await readBody(context);
  if (bytes.length === 0) return undefined;
  return objectDecoder(context.request.headers["content-type"], true)(bytes).value;
}

async function readBody({ request, limits }: RequestContext): Promise<Buffer> {
  const { headers } = request;
  if ((headers["content-encoding"] ?? "identity") !== "identity") throw compressed();
  if (Number(headers["content-length"] ?? 0) > limits.maxBodyBytes) throw tooLarge();
  return collect(request.raw, limits);
}

/** What is compressed may be of any size. */
const compressed = () =>
  new StatusError(415, "UnsupportedMediaType", "the body of the request must not be compressed");

function collect(raw: IncomingMessage, { maxBodyBytes, requestTimeoutMs }: Limits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length > maxBodyBytes) stop(tooLarge());
    };
    const stop = (error: Error) => {
      clearTimeout(late);
      raw.off("data", onData);
      raw.resume(); // what still comes is thrown away, so that the connection stays usable
      reject(error);
    };
    const onEarlyEnd = () => stop(badRequest("the body of the request ended early"));
    // Connections of HTTP/1.1 are ended by a clock of their own, which counts the headers, too.
    const late = isHttp2(raw) ? setTimeout(() => stop(tooSlow()), requestTimeoutMs) : undefined;
    raw.on("data", onData);
    raw.once("error", onEarlyEnd);
    raw.once("close", onEarlyEnd);
    raw.once("end", () => {
      raw.off("close", onEarlyEnd);
      clearTimeout(late);
      // HTTP/2 ends the body of a client that gives up as it ends a whole one.
      if (raw.aborted) return onEarlyEnd();
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    });
  });
}
