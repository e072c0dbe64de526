import { mkdtemp, rm } from "node:fs/promises";
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Readable } from "node:stream";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "vitest";
import { ALL_KINDS } from "../../../apis/index.ts";
import { CustomKinds } from "../../../server/customresources/index.ts";
import {
  createHttpServer,
  ensureCertificate,
  ensureToken,
  type HttpServer,
} from "../../../server/http/index.ts";
import { TokenDirectory } from "../../../server/auth/index.ts";
import type { HttpServerOptions } from "../../../server/http/index.ts";
import { createRegistry } from "../../../server/registry/index.ts";
import { Store } from "../../../server/storage/index.ts";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into bodies of every shape
  json: any;
}

export interface Asked {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: unknown;
  /** Over TLS instead of the unix socket. */
  tls?: boolean;
}

export interface StartOptions extends Partial<HttpServerOptions> {
  maxHistory?: number;
  port?: number;
  socketPath?: string;
}

/** One server over real sockets, with its own store. */
export class TestServer {
  readonly directory: string;
  readonly store: Store;
  readonly http: HttpServer;
  readonly token: string;
  /** For less than everything. */
  readonly tokens: TokenDirectory;
  readonly cert: string;
  readonly socketPath: string;

  private constructor(
    parts: Pick<TestServer, "directory" | "store" | "http" | "token" | "tokens" | "cert" | "socketPath">,
  ) {
    ({
      directory: this.directory,
      store: this.store,
      http: this.http,
      token: this.token,
      tokens: this.tokens,
      cert: this.cert,
      socketPath: this.socketPath,
    } = parts);
  }

  static async start(options: StartOptions = {}): Promise<TestServer> {
    const directory = await mkdtemp(join(tmpdir(), "tiltish-http-"));
    const { maxHistory, port = 0, socketPath = join(directory, "api.sock"), ...http } = options;
    const history = maxHistory === undefined ? {} : { minAgeMs: 0, minCount: 0, maxCount: maxHistory };
    const store = await Store.open({ directory, history, onFatal: () => undefined });
    const token = ensureToken(directory);
    const tokens = new TokenDirectory(directory);
    const tls = await ensureCertificate(directory);
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const registry = createRegistry(store, new CustomKinds(store, ALL_KINDS));
    const created = await createHttpServer({ registry, store, token, tokens, log, ...http });
    const server = new TestServer({
      directory,
      store,
      http: created,
      token,
      tokens,
      cert: tls.cert,
      socketPath,
    });
    await created.listen({ port, tls, socketPath }).catch(async (error: unknown) => {
      await server.stop();
      throw error;
    });
    await server.ask("/api/v1/namespaces", {
      method: "POST",
      body: { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } },
    });
    return server;
  }

  async stop(): Promise<void> {
    await this.http.close();
    await this.store.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Sends a request as it is told, and with the token unless the headers say otherwise. */
  open(path: string, asked: Asked = {}): Promise<IncomingMessage> {
    const { method = "GET", headers = {}, body, tls } = asked;
    const isRaw = body === undefined || typeof body === "string" || Buffer.isBuffer(body);
    const bytes = isRaw ? body : JSON.stringify(body);
    const all = {
      authorization: `Bearer ${this.token}`,
      ...(bytes !== undefined && { "content-type": "application/json" }),
      ...(bytes !== undefined &&
        !("transfer-encoding" in headers) && { "content-length": String(Buffer.byteLength(bytes)) }),
      ...headers,
    };
    const where = tls
      ? { host: "127.0.0.1", port: this.http.address.port, ca: this.cert, agent: false }
      : { socketPath: this.socketPath, agent: false };
    return new Promise((resolve, reject) => {
      const send = tls ? httpsRequest : httpRequest;
      const request = send({ ...where, method, path, headers: all }, resolve);
      request.on("error", reject);
      request.end(bytes);
    });
  }

  async ask(path: string, asked: Asked = {}): Promise<Answer> {
    const response = await this.open(path, asked);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const isJson =
      response.headers["content-type"]?.includes("json") && !response.headers["content-encoding"];
    return {
      status: response.statusCode!,
      headers: response.headers,
      text,
      json: isJson && text !== "" ? JSON.parse(text) : undefined,
    };
  }

  async watch(path: string, headers: Record<string, string> = {}): Promise<TestWatch> {
    return new TestWatch(await this.open(path, { headers }));
  }

  create(
    name: string,
    data: Record<string, string> = {},
    labels: Record<string, string> = {},
  ): Promise<Answer> {
    return this.ask(CONFIG_MAPS, { method: "POST", body: configMap(name, data, labels) });
  }
}

export const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
export const PROCESSES = "/apis/tiltish.dev/v1alpha1/namespaces/default/localprocesses";

export const configMap = (
  name: string,
  data: Record<string, string> = {},
  labels: Record<string, string> = {},
) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, labels },
  data,
});

export const localProcess = (name: string, spec: object = { argv: ["true"] }) => ({
  apiVersion: "tiltish.dev/v1alpha1",
  kind: "LocalProcess",
  metadata: { name },
  spec,
});

export interface Line {
  type: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  object: any;
}

/** The lines of a watch as they come. */
export class TestWatch<R extends Readable = IncomingMessage> {
  readonly response: R;
  readonly lines: Line[] = [];
  readonly ended: Promise<void>;
  #wake: (() => void) | undefined;

  constructor(response: R) {
    this.response = response;
    let rest = "";
    response.setEncoding("utf8");
    response.on("data", (text: string) => {
      // At line feeds alone: to some readers of lines there are others.
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      this.lines.push(...lines.map((line) => JSON.parse(line) as Line));
      this.#wake?.();
    });
    this.ended = new Promise((resolve) => response.once("close", resolve));
    response.on("error", () => undefined);
  }

  /** Waits for that many lines, and gives all there are. */
  async first(count: number): Promise<Line[]> {
    const deadline = Date.now() + 5_000;
    while (this.lines.length < count) {
      if (Date.now() > deadline)
        throw new Error(`${this.lines.length} of ${count} lines: ${this.names().join()}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 100);
      });
    }
    return this.lines;
  }

  /** `ADDED a`, for each. */
  names(): string[] {
    return this.lines.map(({ type, object }) => `${type} ${object.metadata?.name ?? ""}`.trim());
  }

  stop(): void {
    this.response.destroy();
  }
}

interface Fixtures {
  server: TestServer;
}

/** A server for each test. */
export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line eslint/no-empty-pattern -- the form that vitest asks for
  server: async ({}, use) => {
    const server = await TestServer.start();
    await use(server);
    await server.stop();
  },
});
