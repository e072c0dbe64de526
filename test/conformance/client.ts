import { isIP } from "node:net";
import {
  request as httpRequest,
  Agent as HttpAgent,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from "node:http";
import { request as httpsRequest, Agent as HttpsAgent } from "node:https";
import { Watch } from "./watch.ts";

/** How to reach a server. */
export interface Access {
  /** Such as `https://127.0.0.1:6443`. */
  url: string;
  token?: string | undefined;
  /** PEM of the authority that vouches for it. */
  ca?: string | undefined;
  /** Takes any certificate. */
  insecure?: boolean | undefined;
}

/** A document of any shape: tests look into all of them. */
// oxlint-disable-next-line typescript/no-explicit-any -- what is in an answer is what is tested
export type Json = any;

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  bytes: Buffer;
  /** Undefined for what is no JSON. */
  json: Json;
}

export interface Asked {
  method?: string;
  /** Undefined takes a header away that would be sent otherwise. */
  headers?: Record<string, string | undefined>;
  /** Text and bytes are sent as they are, anything else as JSON. */
  body?: unknown;
  /** Sends it in chunks, without saying how long it is. */
  chunked?: boolean;
}

/** An API server over HTTP, as any client sees it. */
export class Api {
  readonly access: Access;
  readonly #agent: HttpAgent;
  readonly #watches = new Set<Watch>();

  /** @param agent for who must know which connections are used. */
  constructor(access: Access, agent?: HttpAgent) {
    this.access = access;
    this.#agent = agent ?? agentFor(access);
  }

  /** The answer to a request, as soon as its headers are there. */
  open(path: string, asked: Asked = {}): Promise<IncomingMessage> {
    const { method = "GET", chunked = false } = asked;
    const bytes = bytesOf(asked.body);
    const headers = this.#headersOf(asked, bytes);
    const send = this.access.url.startsWith("https:") ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const url = new URL(this.access.url);
      const host = url.hostname.replaceAll(/[[\]]/g, "");
      // Not what a test says in its Host header.
      const servername = isIP(host) ? "" : host;
      const options = { agent: this.#agent, host, servername, port: url.port };
      const request = send({ ...options, method, path, headers }, resolve);
      request.on("error", reject);
      if (chunked && bytes)
        for (let at = 0; at < bytes.length; at += 16) request.write(bytes.subarray(at, at + 16));
      request.end(chunked ? undefined : bytes);
    });
  }

  async ask(path: string, asked: Asked = {}): Promise<Answer> {
    return answerOf(await this.open(path, asked));
  }

  /** Opens a watch; it is ended with the test. */
  async watch(path: string, asked: Asked = {}): Promise<Watch> {
    const watch = new Watch(await this.open(path, asked));
    this.#watches.add(watch);
    return watch;
  }

  close(): void {
    for (const watch of this.#watches) watch.stop();
    this.#agent.destroy();
  }

  #headersOf({ headers = {}, chunked }: Asked, bytes: Buffer | undefined): Record<string, string> {
    const { token } = this.access;
    const all = {
      "user-agent": "conformance/1.0",
      ...(token && { authorization: `Bearer ${token}` }),
      ...(bytes && { "content-type": "application/json" }),
      ...(bytes &&
        (chunked ? { "transfer-encoding": "chunked" } : { "content-length": String(bytes.length) })),
      ...headers,
    };
    const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return Object.fromEntries(sent);
  }
}

function agentFor({ url, ca, insecure }: Access): HttpAgent {
  const options = { keepAlive: true, maxSockets: 64 };
  if (!url.startsWith("https:")) return new HttpAgent(options);
  return new HttpsAgent({ ...options, ca, rejectUnauthorized: !insecure });
}

function bytesOf(body: unknown): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

/** Reads an answer to its end. */
export async function answerOf(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString("utf8");
  return { status: response.statusCode!, headers: response.headers, text, bytes, json: jsonOf(text) };
}

function jsonOf(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
