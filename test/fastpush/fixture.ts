import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { expect, test as base } from "vitest";
import { readConfig, type RunningController, startController } from "../../fastpush/index.ts";

export const GUID = "5c1b0d6e-0001-4000-8000-00000000cafe";

/** Answers with what a request looked like to it, and with the text of a file that is read when it starts. */
export const APP = `
  const { createServer } = require("node:http");
  const { existsSync, readFileSync } = require("node:fs");
  const version = existsSync("version.txt") ? readFileSync("version.txt", "utf8") : "";
  const server = createServer((request, response) => {
    const body = [];
    request.on("data", (chunk) => body.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ pid: process.pid, version, method, url, headers, body: Buffer.concat(body).toString() }));
    });
  });
  server.on("upgrade", (request, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\n");
    socket.pipe(socket);
  });
  server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("app listens"));
`;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly body: string;
}

export interface Asked {
  readonly token?: string | undefined;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** A container: a directory with an app, and the controller before it. */
export class Container {
  readonly home: string;
  #controller: RunningController | undefined;
  readonly log: string[] = [];

  constructor(home: string) {
    this.home = home;
  }

  get app(): string {
    return join(this.home, "vcap/app");
  }

  get port(): number {
    return this.#controller!.port;
  }

  get backendPort(): number {
    return this.#controller!.backendPort;
  }

  path(name: string): string {
    return join(this.app, name);
  }

  async write(name: string, content: string | Buffer = ""): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeFile(this.path(name), content);
  }

  read(name: string): Promise<string> {
    return readFile(this.path(name), "utf8");
  }

  /** @param settings as in the file of settings. */
  async start(settings: Record<string, string> = {}, env: NodeJS.ProcessEnv = {}): Promise<this> {
    await this.write("app.js", APP);
    const all = {
      bind_address: "127.0.0.1",
      port: "0",
      backend_port: "0",
      backend_command: "node app.js",
      ...settings,
    };
    const sources = { root: this.app, env: { HOME: this.home }, flags: new Map(Object.entries(all)) };
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    stdout.resume();
    stderr.resume();
    this.#controller = await startController({
      config: readConfig(sources),
      root: this.app,
      env: {
        PATH: process.env["PATH"],
        HOME: this.home,
        VCAP_APPLICATION: JSON.stringify({ application_id: GUID }),
        ...env,
      },
      log: (line) => void this.log.push(line),
      stdout,
      stderr,
    });
    return this;
  }

  /** Until the app answers. */
  async ready(): Promise<this> {
    await expect.poll(async () => (await this.ask("GET", "/")).status).toBe(200);
    return this;
  }

  async ask(method: string, path: string, { token = GUID, headers, body }: Asked = {}): Promise<Answer> {
    const asked = request({
      host: "127.0.0.1",
      port: this.port,
      method,
      path,
      agent: false,
      headers: { ...(token && { "x-auth-token": token }), ...headers },
    });
    asked.end(body);
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    const bytes = await buffer(response);
    return { status: response.statusCode!, headers: response.headers, bytes, body: bytes.toString() };
  }

  /** Sends these bytes, and answers all that comes until the connection ends. */
  async raw(bytes: string): Promise<string> {
    const socket = connect(this.port, "127.0.0.1");
    socket.write(bytes);
    return text(socket);
  }

  async close(): Promise<void> {
    await this.#controller?.close();
    this.#controller = undefined;
  }
}

export const test = base.extend<{ container: Container }>({
  // oxlint-disable-next-line no-empty-pattern
  container: async ({}, use) => {
    const container = new Container(await mkdtemp(join(tmpdir(), "tiltish-fastpush-")));
    await mkdir(container.app, { recursive: true });
    await mkdir(join(container.home, "vcap/tmp"));
    await use(container);
    await container.close();
    await rm(container.home, { recursive: true, force: true });
  },
});

export const sha256 = async (bytes: string | Buffer): Promise<string> => {
  const { createHash } = await import("node:crypto");
  return createHash("sha256").update(bytes).digest("hex");
};

export const base64 = (content: string | Buffer): string => Buffer.from(content).toString("base64");
