import { randomUUID } from "node:crypto";
import { parse } from "yaml";
import type { App, Route } from "./app.ts";
import { unprocessable } from "./errors.ts";
import type { Platform } from "./platform.ts";
import type { ProcessSpec } from "./process.ts";

interface ProcessFields {
  type?: string;
  instances?: number;
  memory?: string;
  disk_quota?: string;
  command?: string | null;
  "health-check-type"?: string;
  "health-check-http-endpoint"?: string;
  timeout?: number;
}

interface AppFields extends ProcessFields {
  name?: string;
  env?: Record<string, unknown>;
  buildpack?: string;
  buildpacks?: string[];
  processes?: ProcessFields[];
  routes?: { route?: string }[];
  metadata?: object;
  "no-route"?: boolean;
  "random-route"?: boolean;
  "default-route"?: boolean;
}

/** @throws Refusal if it is no manifest. */
export function readManifest(text: string): AppFields[] {
  let manifest: { applications?: AppFields[] } | null;
  try {
    manifest = parse(text) as typeof manifest;
  } catch (error) {
    throw unprocessable(`The request body is not valid YAML: ${(error as Error).message}`);
  }
  const applications = manifest?.applications;
  if (!Array.isArray(applications) || applications.length === 0)
    throw unprocessable(
      "Manifest does not support Anchors or has no applications; applications must be a list",
    );
  for (const [index, { name, ...fields }] of applications.entries()) {
    if (typeof name !== "string" || name === "")
      throw unprocessable(`For application at index ${index}: Name must not be empty`);
    for (const process of [fields, ...(fields.processes ?? [])]) specIn(process, name);
  }
  return applications;
}

/** Makes apps as a manifest wants them: those that are not there yet, too. */
export async function applyManifest(
  platform: Platform,
  spaceGuid: string,
  apps: readonly AppFields[],
): Promise<void> {
  for (const fields of apps) {
    const app =
      platform.apps.find(({ name }) => name === fields.name) ?? platform.createApp(fields.name!, spaceGuid);
    const buildpacks = fields.buildpacks ?? (fields.buildpack ? [fields.buildpack] : undefined);
    if (buildpacks) app.buildpacks = buildpacks;
    if (fields.env) app.environment = { ...app.environment, ...textsIn(fields.env) };
    if (fields.metadata) app.metadata = { ...app.metadata, ...fields.metadata };
    await app.scale("web", specIn(fields, app.name));
    for (const process of fields.processes ?? [])
      await app.scale(process.type ?? "web", specIn(process, app.name));
    app.routes = routesFor(platform, app, fields);
  }
}

function routesFor(platform: Platform, app: App, fields: AppFields): readonly Route[] {
  if (fields["no-route"]) return [];
  const known = new Map(app.routes.map((route) => [route.url, route]));
  for (const { route } of fields.routes ?? [])
    if (route && !known.has(route)) known.set(route, routeOf(route));
  const wantsOne = fields["default-route"] ?? fields["random-route"] ?? false;
  if (known.size === 0 && wantsOne) return [platform.defaultRoute(app)];
  return [...known.values()];
}

function routeOf(url: string): Route {
  const [name = "", ...path] = url.split("/");
  const dot = name.indexOf(".");
  const [host, domain] = dot === -1 ? ["", name] : [name.slice(0, dot), name.slice(dot + 1)];
  return { guid: randomUUID(), host, domain, path: path.length ? `/${path.join("/")}` : "", url };
}

function specIn(fields: ProcessFields, app: string): Partial<ProcessSpec> {
  const { instances, memory, disk_quota: disk, command, timeout } = fields;
  const type = fields["health-check-type"];
  const health = type === "none" ? "process" : type;
  if (health !== undefined && health !== "port" && health !== "process" && health !== "http")
    throw unprocessable(`For application '${app}': Health check type must be "port", "process", or "http"`);
  if (instances !== undefined && (!Number.isInteger(instances) || instances < 0))
    throw unprocessable(`For application '${app}': Instances must be greater than or equal to 0`);
  return {
    ...(instances !== undefined && { instances }),
    ...(memory !== undefined && { memoryMb: megabytes(memory, `For application '${app}': Memory`) }),
    ...(disk !== undefined && { diskMb: megabytes(disk, `For application '${app}': Disk quota`) }),
    ...(command !== undefined && { command: command === null || command === "null" ? undefined : command }),
    ...((health !== undefined || timeout !== undefined) && {
      health: {
        type: health ?? "port",
        endpoint: fields["health-check-http-endpoint"],
        timeoutSeconds: timeout ?? 60,
      },
    }),
  };
}

function megabytes(text: string, what: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([MGT])B?$/i.exec(text) ?? [];
  if (!number || !unit)
    throw unprocessable(`${what} must use a supported unit: B, K, KB, M, MB, G, GB, T, or TB`);
  return Math.floor(
    Number(number) * { M: 1, G: 1024, T: 1024 * 1024 }[unit.toUpperCase() as "M" | "G" | "T"],
  );
}

const textsIn = (env: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
