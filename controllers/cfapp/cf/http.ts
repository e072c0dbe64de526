import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Bytes that are not all in memory; they can be had again. */
export interface StreamBody {
  readonly length: number;
  readonly open: () => AsyncIterable<Uint8Array>;
}

export interface HttpRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | StreamBody;
  readonly signal?: AbortSignal | undefined;
}

const isWhole = (body: string | Uint8Array | StreamBody): body is string | Uint8Array =>
  typeof body === "string" || body instanceof Uint8Array;

const lengthOf = (body: string | Uint8Array | StreamBody): number =>
  isWhole(body) ? Buffer.byteLength(body) : body.length;

const TIMEOUT_MS = 30_000;
/** No answer that is read here is nearly as long. */
const MAX_BYTES = 32 * 1024 * 1024;

/** Speaks HTTP to the platform over connections that are kept. Redirects are not followed: they carry codes. */
export class Http {
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #https: HttpsAgent;

  constructor({ skipVerify = false, ca }: { skipVerify?: boolean; ca?: string | undefined } = {}) {
    this.#https = new HttpsAgent({ keepAlive: true, rejectUnauthorized: !skipVerify, ...(ca && { ca }) });
  }

  /** @throws what the network says. */
  send(url: string, { method = "GET", headers = {}, body, signal }: HttpRequest = {}): Promise<HttpAnswer> {
    const isSecure = url.startsWith("https:");
    const agent = isSecure ? this.#https : this.#http;
    const length = body === undefined ? {} : { "content-length": String(lengthOf(body)) };
    return new Promise((resolve, reject) => {
      const request = (isSecure ? httpsRequest : httpRequest)(
        url,
        {
          method,
          agent,
          headers: { accept: "application/json", ...length, ...headers },
          timeout: TIMEOUT_MS,
          signal,
        },
        (response) => {
          const chunks: Buffer[] = [];
          let bytes = 0;
          response.on("data", (chunk: Buffer) => {
            chunks.push(chunk);
            if ((bytes += chunk.length) > MAX_BYTES) response.destroy(new Error("the answer is too long"));
          });
          response.on("error", reject);
          response.on("end", () => {
            const { statusCode: status = 0, headers } = response;
            resolve({ status, headers, body: Buffer.concat(chunks).toString("utf8") });
          });
        },
      );
      request.on("timeout", () => request.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)));
      request.on("error", reject);
      if (body === undefined || isWhole(body)) request.end(body);
      else pipeline(Readable.from(body.open()), request).catch(reject);
    });
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}
