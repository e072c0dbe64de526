import { readFile } from "node:fs/promises";
import { stringify } from "yaml";
import { type PushRequest, PushError } from "./request.ts";
import { filledIn, valuesOf } from "./variables.ts";
import { parsed } from "./yaml.ts";

type Fields = Record<string, unknown>;

/** What is asked of one app, as it is sent to the platform. */
export interface Manifest {
  readonly yaml: string;
  /** The start command, if it names one. */
  readonly command: string | undefined;
}

const ROUTES = ["routes", "no-route", "random-route", "default-route"];

/**
 * The part of a manifest that is about one app; for an app without one, its name and the wish for a route.
 *
 * @throws PushError that says what is wrong with it.
 */
export async function manifestFor(request: PushRequest): Promise<Manifest> {
  const { appName, manifest: file, healthCheckType } = request;
  const app = file === undefined ? { name: appName } : await readApp(file, request);
  if (app["docker"] !== undefined)
    throw bad(`${file}: ${appName} is a docker app; only apps of files can be synced`);
  const { path: _path, ...fields } = app;
  const wished = ROUTES.some((field) => field in fields) ? fields : { ...fields, "default-route": true };
  const checked = healthCheckType === "process" ? withProcessCheck(wished) : wished;
  return { yaml: stringify({ applications: [checked] }), command: commandIn(fields) };
}

async function readApp(file: string, { appName, vars, varsFiles }: PushRequest): Promise<Fields> {
  const values = await valuesOf(vars, varsFiles);
  const document = filledIn(await readYaml(file), values) as { applications?: unknown } | null;
  const apps = document?.applications;
  if (!Array.isArray(apps)) throw bad(`${file} has no list of applications`);
  const found = (apps as Fields[]).find((app) => app?.["name"] === appName);
  if (found) return found;
  const names = (apps as Fields[]).map((app) => String(app?.["name"])).join(", ");
  throw bad(
    `${file} has no application ${appName}, but ${names || "none"}; spec.appName must be one of its names`,
  );
}

async function readYaml(file: string): Promise<unknown> {
  try {
    return parsed(await readFile(file, "utf8"), { merge: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw bad(
      code === "ENOENT" ? `there is no ${file}; see spec.push.manifest` : `${file}: ${message}`,
      error,
    );
  }
}

const bad = (message: string, cause?: unknown): PushError => new PushError("manifest", message, { cause });

/** With a check of its port, an app that restarts in its container may lose the container, and all that was synced. */
function withProcessCheck(fields: Fields): Fields {
  const { "health-check-http-endpoint": _endpoint, ...rest } = fields;
  const processes = rest["processes"];
  const checked = { ...rest, "health-check-type": "process" };
  if (!Array.isArray(processes)) return checked;
  return {
    ...checked,
    processes: (processes as Fields[]).map((one) => (one["type"] === "web" ? withProcessCheck(one) : one)),
  };
}

function commandIn(fields: Fields): string | undefined {
  const processes = Array.isArray(fields["processes"]) ? (fields["processes"] as Fields[]) : [];
  const web = processes.find(({ type }) => type === "web");
  const command = web?.["command"] ?? fields["command"];
  return typeof command === "string" && command !== "null" && command !== "" ? command : undefined;
}
