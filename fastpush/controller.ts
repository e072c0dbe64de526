import { realpathSync } from "node:fs";
import { Supervisor } from "./child/supervisor.ts";
import type { FastPushConfig } from "./config/config.ts";
import { ExtensionEndpoints } from "./extensions/endpoints.ts";
import { FullListing } from "./extensions/listing.ts";
import { Sets } from "./extensions/sets.ts";
import { freePort, type Handlers, listen } from "./http/listen.ts";
import { AppProxy, plainResponse } from "./http/proxy.ts";
import { Router } from "./http/router.ts";
import { Lock } from "./lock.ts";
import { SeedEndpoints } from "./seed/endpoints.ts";
import { SeedListing } from "./seed/listing.ts";
import { type RestartRule, restartRuleOf } from "./seed/restart-rule.ts";
import { recover } from "./set/apply.ts";
import { SetState, stateDirectoryFor } from "./set/state.ts";
import { hasSecret, TOKEN_VARIABLE, tokenCheckOf } from "./token.ts";

export interface ControllerOptions {
  readonly config: FastPushConfig;
  /** Directory of the app. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
  /** Where the output of the app goes on to. */
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

export interface RunningController {
  readonly port: number;
  /** Of the app. */
  readonly backendPort: number;
  /** Ends the app, with its whole group, then this. */
  close(): Promise<void>;
}

/** A platform kills after ten seconds; the app has nearly all of them. */
const LAST_ENDING = { signal: "SIGTERM", graceMs: 8500 } as const;

/**
 * Starts the app, and a proxy before it that also takes files.
 *
 * @throws SyntaxError for an expression, or what the system says of the port and the directories.
 */
export async function startController(options: ControllerOptions): Promise<RunningController> {
  const { config, env, log } = options;
  const rule = restartRuleOf(config.restartRegex, config.ignoreRegex);
  const root = realpathSync(options.root);
  const state = new SetState(stateDirectoryFor(root, config.stateDirectory), root);
  await recovered({ root, state, instanceGuid: instanceGuidIn(env) }, log);
  const backendPort = await backendPortFor(config, log);
  const childEnv = { ...without(env, TOKEN_VARIABLE), PORT: String(backendPort) };
  const supervisor = new Supervisor({ ...options, command: config.command, cwd: root, env: childEnv });
  const router = routerOf(options, { root, state, supervisor, rule, childEnv, backendPort });
  const proxy = new AppProxy(backendPort);
  const address = { host: config.bindAddress, port: config.port };
  const { server, port } = await listen(address, handlersOf(router, proxy));
  log(`listens at ${config.bindAddress}:${port}; the app gets PORT=${backendPort}`);
  log(tokenLine(env));
  supervisor.start();
  return {
    port,
    backendPort,
    async close() {
      await supervisor.stop(LAST_ENDING);
      server.close();
      server.closeAllConnections();
      proxy.close();
    },
  };
}

interface Parts {
  readonly root: string;
  readonly state: SetState;
  readonly supervisor: Supervisor;
  readonly rule: RestartRule;
  readonly childEnv: NodeJS.ProcessEnv;
  readonly backendPort: number;
}

function routerOf({ config, env, log }: ControllerOptions, parts: Parts): Router {
  const { root, state, supervisor, rule, childEnv, backendPort } = parts;
  const { maxBodyBytes, basePath, stopGraceMs, directories } = config;
  const lock = new Lock();
  const ports = { listen: config.port, backend: backendPort };
  const instanceGuid = instanceGuidIn(env);
  const sets = new Sets({ root, state, supervisor, lock, env: childEnv, instanceGuid, ports });
  const seed = new SeedEndpoints({
    listing: new SeedListing(root, directories),
    places: { root, state: state.directory },
    restart: () => supervisor.restart({ signal: "SIGTERM", graceMs: stopGraceMs }),
    rule,
    maxBodyBytes,
    log,
  });
  const { output } = supervisor;
  const listing = new FullListing(root);
  const extensions = new ExtensionEndpoints({ sets, listing, state, output, lock, maxBodyBytes });
  return new Router({ basePath, isToken: tokenCheckOf(env), seed, extensions, lock, log });
}

/** What is ours is answered, and everything else goes to the app. */
const handlersOf = (router: Router, proxy: AppProxy): Handlers => ({
  request(request, response) {
    if (router.isOurs(request)) void router.answer({ request, response });
    else proxy.web(request, response);
  },
  upgrade(request, socket, head) {
    if (!router.isOurs(request)) return proxy.upgrade(request, socket, head);
    socket.on("error", () => socket.destroy());
    void router.answer({ request, response: plainResponse(request, socket) });
  },
});

async function recovered(options: Parameters<typeof recover>[0], log: (line: string) => void): Promise<void> {
  try {
    const revision = await recover(options);
    if (revision !== undefined) log(`finished set ${revision}, which was cut short`);
  } catch (error) {
    log(`a set that was cut short cannot be finished, and is undone: ${(error as Error).message}`);
    await options.state.dropJournal();
  }
  options.state.clearStage();
}

async function backendPortFor(
  { port, backendPort }: FastPushConfig,
  log: (line: string) => void,
): Promise<number> {
  if (backendPort !== 0) return backendPort;
  if (port !== 0) log(`backend_port is ${port}, as is the port of this proxy; the app gets a free one`);
  return freePort();
}

const instanceGuidIn = (env: NodeJS.ProcessEnv): string => env["CF_INSTANCE_GUID"] ?? "";

function without(env: NodeJS.ProcessEnv, name: string): NodeJS.ProcessEnv {
  const { [name]: _, ...rest } = env;
  return rest;
}

/** Where the token comes from; never the token. */
function tokenLine(env: NodeJS.ProcessEnv): string {
  if (hasSecret(env)) return `the token is in ${TOKEN_VARIABLE}`;
  if (env["VCAP_APPLICATION"])
    return `the token is the guid of the app, which is no secret; set ${TOKEN_VARIABLE} to have one`;
  return `there is no token, so every request for the controller is refused; set ${TOKEN_VARIABLE}`;
}
