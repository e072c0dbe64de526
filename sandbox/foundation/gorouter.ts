import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { randomUUID } from "node:crypto";
import httpProxy from "http-proxy-3";
import type { App } from "./app.ts";
import type { Platform } from "./platform.ts";

interface Problem {
  readonly status: number;
  readonly error: string;
  readonly text: string;
}

/** Sends requests on to the instances of the app that they are for, one after the other. */
export class Gorouter {
  readonly #platform: Platform;
  readonly #proxy = httpProxy.createProxyServer({ xfwd: true, ws: true });
  #turn = 0;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#proxy.on("error", (_error, _request, response) => {
      const status = { status: 502, error: "endpoint_failure" };
      const text = "502 Bad Gateway: Registered endpoint failed to handle the request.";
      if ("writeHead" in response) refuse(response, { ...status, text });
      else response.destroy();
    });
    // An instance that goes in the middle of an answer leaves nobody waiting for the rest.
    this.#proxy.on("proxyRes", (answer, _request, response) =>
      answer.once("close", () => {
        if (!answer.complete) response.destroy();
      }),
    );
  }

  /** Whether a request is for an app; then it is dealt with. */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    const found = this.#find(request);
    if (!found) return false;
    const target = this.#targetOf(found.app, request);
    if ("error" in target) refuse(response, target);
    else {
      this.#prepare(request, found.rest);
      this.#proxy.web(request, response, { target: `http://127.0.0.1:${target.port}` });
    }
    return true;
  }

  /** WebSockets go the same way. */
  attach(server: Server): void {
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on("error", () => undefined);
      const found = this.#find(request);
      const target = found && this.#targetOf(found.app, request);
      if (!found || !target || "error" in target) return void socket.destroy();
      this.#prepare(request, found.rest);
      this.#proxy.ws(request, socket, head, { target: `http://127.0.0.1:${target.port}` });
    });
  }

  /** By name of the host, or, for those who cannot have one, by the beginning of the path, which the app does not see. */
  #find(request: IncomingMessage): { app: App; rest: string } | undefined {
    const url = request.url ?? "/";
    const host = (request.headers.host ?? "").toLowerCase();
    const bare = host.replace(/:\d+$/, "");
    for (const app of this.#platform.apps) {
      const rest = app.routes.map((route) => restOf(route.url, host, url)).find((one) => one !== undefined);
      if (rest !== undefined) return { app, rest };
      if (bare === `${app.name.toLowerCase()}.localhost`) return { app, rest: url };
    }
    return undefined;
  }

  #targetOf(app: App, request: IncomingMessage): { port: number } | Problem {
    const asked = request.headers["x-cf-app-instance"];
    if (typeof asked === "string") return this.#pinned(app, asked);
    const running = this.#portsOf(app);
    if (running.length === 0) {
      const text = `503 Service Unavailable: Requested route ('${request.headers.host}') has no available endpoints.`;
      return { status: 503, error: "no_endpoints", text };
    }
    return { port: running[this.#turn++ % running.length]! };
  }

  #pinned(app: App, asked: string): { port: number } | Problem {
    const [, guid, index] = /^([^:]+):(\d+)$/.exec(asked) ?? [];
    if (!guid)
      return {
        status: 400,
        error: "invalid_cf_app_instance_header",
        text: "400 Bad Request: invalid X-Cf-App-Instance",
      };
    const instance = guid === app.guid ? app.process()?.instances[Number(index)] : undefined;
    if (instance?.state !== "RUNNING" || !instance.container)
      return {
        status: 400,
        error: "unknown_route",
        text: `400 Bad Request: Requested instance ('${index}') with guid ('${guid}') does not exist for route`,
      };
    return { port: instance.container.port };
  }

  #portsOf(app: App): number[] {
    return (app.process()?.instances ?? []).flatMap(({ state, container }) =>
      state === "RUNNING" && container ? [container.port] : [],
    );
  }

  #prepare(request: IncomingMessage, rest: string): void {
    request.url = rest;
    request.headers["x-vcap-request-id"] = randomUUID();
  }
}

/** What is left of a path for the app; undefined if the route is another one. */
function restOf(route: string, host: string, url: string): string | undefined {
  const slash = route.indexOf("/");
  const [name, prefix] = slash === -1 ? [route, ""] : [route.slice(0, slash), route.slice(slash)];
  if (name.toLowerCase() !== host && name.toLowerCase() !== host.replace(/:\d+$/, "")) return undefined;
  if (prefix === "") return url;
  const rest = url.startsWith(prefix) ? url.slice(prefix.length) : undefined;
  if (rest === undefined || !/^($|[/?])/.test(rest)) return undefined;
  return rest.startsWith("/") ? rest : `/${rest}`;
}

function refuse(response: ServerResponse, { status, error, text }: Problem): void {
  if (response.headersSent) return void response.destroy();
  response
    .writeHead(status, { "content-type": "text/plain; charset=utf-8", "x-cf-routererror": error })
    .end(`${text}\n`);
}
