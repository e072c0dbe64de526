import type { FastifyInstance } from "fastify";
import type { App } from "../app.ts";
import { notFound, unprocessable } from "../errors.ts";
import { matches, page, type Query } from "../page.ts";
import type { Platform } from "../platform.ts";
import { processView, statsView } from "../present.ts";
import type { Process, ProcessSpec } from "../process.ts";
import { diskUsage } from "../disk.ts";

interface Found {
  readonly app: App;
  readonly process: Process;
}

/** Processes are asked for by their own guid, or by that of their app and their type. */
export function processRoutes(http: FastifyInstance, platform: Platform): void {
  http.get("/v3/apps/:guid/processes", ({ params, query, url }) => {
    const app = platform.app((params as Query)["guid"]!);
    return page(
      url.replace(/\?.*/, ""),
      app.processes.map((one) => processView(app, one)),
      query as Query,
    );
  });
  http.get("/v3/processes", ({ query }) => {
    const asked = query as Query;
    const wanted = platform.apps.filter(({ guid }) => matches(asked, "app_guids", guid));
    const views = wanted.flatMap((app) => app.processes.map((one) => processView(app, one)));
    return page("/v3/processes", views, asked);
  });
  for (const path of ["/v3/processes/:process", "/v3/apps/:guid/processes/:type"]) {
    const found = (request: { params: unknown }) => find(platform, request.params as Query);
    http.get(path, (request) => {
      const { app, process } = found(request);
      return processView(app, process);
    });
    http.patch(path, (request) => change(found(request), request.body as Change));
    http.post(`${path}/actions/scale`, (request, reply) => {
      void reply.code(202);
      return change(found(request), request.body as Change);
    });
    http.get(`${path}/stats`, (request) => statsOf(found(request).process));
    http.get(`${path}/sidecars`, ({ url, query }) => page(url.replace(/\?.*/, ""), [], query as Query));
    http.delete(`${path}/instances/:index`, (request, reply) => {
      const instance = found(request).process.instances[Number((request.params as Query)["index"])];
      if (!instance) throw notFound("Instance");
      void instance.replace().catch(() => undefined);
      return reply.code(204).send();
    });
  }
}

function find(platform: Platform, { guid, type, process: own }: Query): Found {
  const apps = guid === undefined ? platform.apps : [platform.app(guid)];
  for (const app of apps)
    for (const process of app.processes)
      if (process.guid === own || (guid !== undefined && process.type === type)) return { app, process };
  throw notFound("Process");
}

async function change({ app, process }: Found, body: Change): Promise<object> {
  await app.scale(process.type, specOf(body, process));
  return processView(app, process);
}

async function statsOf(process: Process): Promise<object> {
  const stats = process.instances.map(async (instance) => {
    const { container } = instance;
    return statsView(process, instance, container ? await diskUsage(container) : 0);
  });
  return { resources: await Promise.all(stats) };
}

interface Change {
  instances?: number;
  memory_in_mb?: number;
  disk_in_mb?: number;
  command?: string | null;
  health_check?: { type?: string; data?: { timeout?: number | null; endpoint?: string } };
}

function specOf(change: Change, { spec }: Process): Partial<ProcessSpec> {
  const { instances, memory_in_mb: memoryMb, disk_in_mb: diskMb, command, health_check: health } = change;
  const type = health?.type ?? spec.health.type;
  if (type !== "port" && type !== "process" && type !== "http")
    throw unprocessable('Health check type must be "port", "process", or "http"');
  return {
    ...(instances !== undefined && { instances }),
    ...(memoryMb !== undefined && { memoryMb }),
    ...(diskMb !== undefined && { diskMb }),
    ...(command !== undefined && { command: command ?? undefined }),
    health: {
      type,
      endpoint: health?.data?.endpoint ?? spec.health.endpoint,
      timeoutSeconds: health?.data?.timeout ?? spec.health.timeoutSeconds,
    },
  };
}
