import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

export interface HttpOptions {
  /** Certificates to trust, in PEM. */
  readonly ca?: string | undefined;
  readonly skipVerify: boolean;
}

export interface Ask {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Made anew if it has to be sent again. */
  readonly body?: () => AsyncIterable<Uint8Array>;
  /** Of the body, if it is known. */
  readonly length?: number;
  readonly signal?: AbortSignal | undefined;
  /** Without a byte in either direction for so long, it is given up. */
  readonly idleMs?: number;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

const IDLE_MS = 60_000;
/** Larger than the listing of any app that is synced. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Asks over connections that are kept. Redirects are not followed: they lead to somebody else. */
export class FastPushHttp {
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #https: HttpsAgent;

  constructor({ ca, skipVerify }: HttpOptions) {
    this.#https = new HttpsAgent({ keepAlive: true, rejectUnauthorized: !skipVerify, ...(ca && { ca }) });
  }

  /** @throws ReadingError, or what the network says. */
  async ask(url: string, ask: Ask): Promise<Reply> {
    const response = await this.open(url, ask);
    return { status: response.statusCode ?? 0, headers: response.headers, body: await bodyOf(response) };
  }

  /** As {@link ask}; the body is still to be read. */
  async open(url: string, ask: Ask): Promise<IncomingMessage> {
    try {
      return await this.#send(url, ask);
    } catch (error) {
      // The other side had closed a kept connection just then: nobody has seen the request.
      if (error instanceof StaleError) return this.#send(url, ask);
      throw error;
    }
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #send(
    url: string,
    { method, headers, body, length, signal, idleMs = IDLE_MS }: Ask,
  ): Promise<IncomingMessage> {
    const isSecure = url.startsWith("https:");
    const options = {
      method,
      agent: isSecure ? this.#https : this.#http,
      headers: { ...headers, ...(body && length !== undefined && { "content-length": String(length) }) },
      timeout: idleMs,
      signal,
    };
    const request = (isSecure ? httpsRequest : httpRequest)(url, options);
    request.on("timeout", () => request.destroy(new Error(`nothing was heard for ${idleMs / 1000} s`)));
    return answerOf(request, body);
  }
}

/** What was to be sent could not be read: `cause` says why. Nobody else has to do with it. */
export class ReadingError extends Error {
  override readonly name = "ReadingError";
}

class StaleError extends Error {}

function answerOf(request: ClientRequest, body: Ask["body"]): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let unread: ReadingError | undefined;
    request.on("response", (response) => {
      // Who answers before all was sent wants no more of it.
      response.once("end", () => request.writableFinished || request.destroy());
      resolve(response);
    });
    request.on("error", (error) => {
      const isStale = request.reusedSocket && ["ECONNRESET", "EPIPE"].includes(codeOf(error));
      reject(unread ?? (isStale ? new StaleError(error.message, { cause: error }) : error));
    });
    if (!body) return void request.end();
    const notRead = (cause: unknown) => (unread = new ReadingError("a file cannot be read", { cause }));
    // What the network says comes as an error of the request.
    pipeline(Readable.from(reading(body(), notRead)), request).catch((error: Error) =>
      request.destroy(error),
    );
  });
}

async function* reading(
  source: AsyncIterable<Uint8Array>,
  notRead: (cause: unknown) => Error,
): AsyncGenerator<Uint8Array, void, void> {
  const bytes = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await bytes.next().catch((error: unknown) => Promise.reject(notRead(error)));
      if (done) return;
      yield value;
    }
  } finally {
    await bytes.return?.();
  }
}

export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "";

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const [chunks, isPacked]: [Buffer[], boolean] = [[], response.headers["content-encoding"] === "gzip"];
  let bytes = 0;
  const source = isPacked ? response.pipe(createGunzip()) : response;
  if (isPacked) response.on("error", (error) => void source.destroy(error));
  for await (const chunk of source as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if ((bytes += chunk.length) > MAX_BYTES) throw new Error(`the answer is longer than ${MAX_BYTES} bytes`);
  }
  return Buffer.concat(chunks);
}
