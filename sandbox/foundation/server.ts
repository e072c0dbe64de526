import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import fastify, { type FastifyInstance } from "fastify";
import { notAuthenticated, invalidToken, Refusal } from "./errors.ts";
import { Gorouter } from "./gorouter.ts";
import type { Platform } from "./platform.ts";
import { appDetailRoutes, appRoutes } from "./routes/apps.ts";
import { deploymentRoutes, manifestRoutes } from "./routes/deployments.ts";
import { logRoutes } from "./routes/logs.ts";
import { jobRoutes, packageRoutes } from "./routes/packages.ts";
import { processRoutes } from "./routes/processes.ts";
import { type Addresses, rootRoutes, uaaRoutes } from "./routes/root.ts";
import { spaceRoutes } from "./routes/spaces.ts";

/** Paths that need no token. */
const FREE = new Set([
  "/",
  "/v3",
  "/v3/info",
  "/login",
  "/oauth/token",
  "/oauth/authorize",
  "/token_keys",
  "/api/v1/info",
]);

const ROUTES = [
  spaceRoutes,
  appRoutes,
  appDetailRoutes,
  processRoutes,
  packageRoutes,
  jobRoutes,
  manifestRoutes,
  deploymentRoutes,
  logRoutes,
];

export interface FoundationOptions {
  readonly platform: Platform;
  readonly cert: string;
  readonly key: string;
  readonly addresses: () => Addresses;
}

/** The HTTPS side of a foundation: controller, UAA, logs, and the router in front of apps. */
export class Foundation {
  readonly #app: FastifyInstance;
  readonly #server: Server;
  /** How often a path was asked for, such as `GET /v3/apps`. */
  readonly requests = new Map<string, number>();

  private constructor({ platform, cert, key, addresses }: FoundationOptions) {
    const router = new Gorouter(platform);
    this.#server = createServer({ cert, key });
    router.attach(this.#server);
    this.#app = fastify({
      bodyLimit: 15 * 1024 * 1024,
      // Loose as the original: a number may come as text.
      routerOptions: { ignoreTrailingSlash: true },
      serverFactory: (handle) => {
        this.#server.on("request", (request: IncomingMessage, response: ServerResponse) => {
          if (router.serve(request, response)) this.#count(request, "app");
          else handle(request, response);
        });
        return this.#server;
      },
    });
    this.#guard(platform);
    rootRoutes(this.#app, addresses);
    uaaRoutes(this.#app, platform);
    for (const routes of ROUTES) routes(this.#app, platform);
  }

  static async start(options: FoundationOptions): Promise<Foundation> {
    const foundation = new Foundation(options);
    await foundation.#app.ready();
    foundation.#server.listen(0, "127.0.0.1");
    await once(foundation.#server, "listening");
    return foundation;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #guard({ uaa, troubles }: Platform): void {
    this.#app.addContentTypeParser(
      ["application/x-www-form-urlencoded", "application/x-yaml", "application/yaml", "text/yaml"],
      { parseAs: "string" },
      (_request, body, done) => done(null, body),
    );
    // A form with files is read as it comes.
    this.#app.addContentTypeParser("multipart/form-data", (_request, _payload, done) => done(null));
    this.#app.addHook("onRequest", async (request, reply) => {
      this.#count(request.raw);
      const path = request.url.replace(/\?.*/, "");
      const wrong = troubles.answerTo(request.method, path);
      if (wrong) {
        const body =
          wrong.body ??
          JSON.stringify({
            errors: [{ code: 10_001, title: "UnknownError", detail: "An unknown error occurred." }],
          });
        const type = { "content-type": "application/json", ...wrong.headers };
        return reply.code(wrong.status).headers(type).send(body);
      }
      const { authorization } = request.headers;
      if (FREE.has(path) || uaa.isGood(authorization)) return;
      throw authorization === undefined ? notAuthenticated() : invalidToken();
    });
    this.#app.setErrorHandler((error, _request, reply) => {
      if (error instanceof Refusal) return reply.code(error.status).send(error.body);
      const { statusCode: status = 500, message } = error as { statusCode?: number; message: string };
      const titles =
        status >= 500 ? ([10_001, "UnknownError"] as const) : ([1001, "CF-MessageParseError"] as const);
      return reply.code(status).send(new Refusal(status, titles, message).body);
    });
    this.#app.setNotFoundHandler((_request, reply) =>
      reply.code(404).send(new Refusal(404, [10_000, "CF-NotFound"], "Unknown request").body),
    );
  }

  #count({ method, url = "" }: IncomingMessage, of = url.replace(/\?.*/, "")): void {
    const path = of.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, ":guid");
    const name = of === "app" ? "app" : `${method} ${path}`;
    if (this.requests.size < 10_000) this.requests.set(name, (this.requests.get(name) ?? 0) + 1);
  }
}
