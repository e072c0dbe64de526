import { resolve } from "node:path";
import { BASE_PATH } from "../../apis/fastpush.ts";
import { configFile, FastPushTransport, type InstanceRef, Login } from "../../controllers/cfapp/index.ts";
import { failure, usageError } from "../cli/errors.ts";
import type { Options } from "../cli/options.ts";

/** An app, and the way to its instances. */
export interface FastPushApp {
  readonly name: string;
  readonly url: string;
  readonly transport: FastPushTransport;
  /** Those that run, or the one that was asked for. */
  readonly instances: readonly InstanceRef[];
  close(): void;
}

/** Finds an app where cf is logged in. @throws CliError, or what the platform says. */
export async function openApp(name: string, options: Options): Promise<FastPushApp> {
  const cfHome = options.text("cf-home");
  const login = new Login(configFile(cfHome && resolve(cfHome)));
  try {
    const { cc, space } = await login.place({});
    const app = await cc.app(name, space.guid);
    if (!app) throw failure(`there is no app ${name} in the space ${space.name}; cf apps lists them`);
    const url = options.text("url") ?? addressIn(name, await cc.routes(app.guid));
    const processGuid = (await cc.process(app.guid, "web")) ?? app.guid;
    const running = (await cc.instances(processGuid)).filter(({ state }) => state === "RUNNING");
    const instances = wanted(name, options).map((index) => ({ appGuid: app.guid, processGuid, index }));
    const all = running.map(({ index }) => ({ appGuid: app.guid, processGuid, index }));
    if (instances.length === 0 && all.length === 0)
      throw failure(`no instance of ${name} runs; cf start ${name}, or look at: cf logs ${name} --recent`);
    const transport = transportOf(url, options);
    return {
      name,
      url,
      transport,
      instances: instances.length > 0 ? instances : all,
      close: () => transport.close(),
    };
  } finally {
    login.close();
  }
}

/** What the platform or a controller refuses is the whole story; anything else is shown with where it comes from. */
export const told = (error: unknown): unknown =>
  error instanceof Error && TOLD.has(error.name) ? failure(error.message) : error;

const TOLD = new Set(["AuthError", "ConnectError", "ConnectionLostError", "PlatformError", "StageError"]);

/** The one operand of both commands. */
export function appNameIn(args: readonly string[]): string {
  const [name, extra] = args;
  if (!name) throw usageError("name an app: tiltish fast-push APP");
  if (extra) throw usageError(`unexpected "${extra}": one app at a time`);
  return name;
}

function addressIn(name: string, routes: readonly string[]): string {
  const route = routes.find((route) => !/:\d+$/.test(route));
  if (route) return `https://${route}`;
  throw failure(`${name} has no HTTP route; map one with cf map-route, or give --url`);
}

function wanted(name: string, options: Options): number[] {
  const index = options.integer("instance");
  if (index === undefined) return [];
  if (index < 0) throw usageError(`${name} has no instance ${index}`);
  return [index];
}

const transportOf = (url: string, options: Options): FastPushTransport =>
  new FastPushTransport({
    url,
    basePath: options.text("base-path") ?? BASE_PATH,
    tokenEnv: options.text("token-env"),
    caFile: options.text("ca-file"),
    skipVerify: options.flag("skip-verify"),
    extensions: options.flag("extensions", true) ? "Auto" : "Off",
  });
