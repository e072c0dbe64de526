import { isRefusal, Calls } from "./calls.ts";
import { wrappingOf } from "./command.ts";
import { deploy, type Droplet, type Live, restart, setCommand, untilRunning } from "./golive.ts";
import { LogCursor, logTail } from "./logs.ts";
import { type Manifest, manifestFor } from "./manifest.ts";
import { type Pushed, PushError, type PushRequest, type PushStep } from "./request.ts";
import { match, upload } from "./upload.ts";

/**
 * Deploys all files of an app, as `cf push` does, with fewer and shorter waits.
 *
 * @throws PushError that says at which step, and why, if it is of no use to try again; PlatformError or what the network
 *   says, if it may be; AuthError; what reading a file says; or why it was given up.
 */
export async function pushApp(request: PushRequest): Promise<Pushed> {
  const timeout = AbortSignal.timeout(request.timeoutMs);
  const calls = new Calls(request.cc, AbortSignal.any([request.signal, timeout]));
  const at: { step: PushStep } = { step: "manifest" };
  try {
    return await run(calls, request, at);
  } catch (error) {
    request.signal.throwIfAborted();
    if (timeout.aborted)
      throw new PushError(
        at.step,
        `it took longer than ${request.timeoutMs / 1000} s; see spec.push.timeout`,
      );
    // What may be answered otherwise later is for whoever asks again.
    if (isRefusal(error) && !error.isTransient) throw new PushError(at.step, error.message, { cause: error });
    throw error;
  }
}

async function run(calls: Calls, request: PushRequest, at: { step: PushStep }): Promise<Pushed> {
  const { onStep, space, appName, tree, wrapCommand, strategy } = request;
  const manifest = await manifestFor(request);
  const before = await formerOf(calls, request);
  await apply(calls, request, manifest);
  const app = await calls.cc.app(appName, space.guid);
  if (!app)
    throw new PushError("manifest", `the platform has taken the manifest, but made no app ${appName}`);
  at.step = "match";
  const known = await match(calls, request);
  at.step = "upload";
  const more = wrapCommand ? wrappingOf(tree) : new Map<string, Buffer>();
  const packageGuid = await upload(calls, request, { appGuid: app.guid, known, more });
  at.step = "stage";
  onStep("staging");
  const droplet = await stage(calls, request, { appGuid: app.guid, packageGuid });
  at.step = "deploy";
  const live: Live = { appGuid: app.guid, droplet, command: manifest.command, ...before };
  await setCommand(calls, request, live);
  onStep(strategy !== "Restart" && before.isRunning ? "replacing the instances" : "starting");
  const deploymentGuid =
    strategy !== "Restart" && before.isRunning ? await deploy(calls, request, live) : undefined;
  if (deploymentGuid === undefined) await restart(calls, live);
  at.step = "start";
  onStep("waiting until all instances run");
  await untilRunning(calls, app.guid);
  const warnings = [...calls.warnings];
  return { appGuid: app.guid, packageGuid, dropletGuid: droplet.guid, deploymentGuid, warnings };
}

/** What is there before: the manifest may change it. */
async function formerOf(
  calls: Calls,
  { appName, space }: PushRequest,
): Promise<Pick<Live, "former" | "isRunning">> {
  const app = await calls.cc.app(appName, space.guid);
  if (!app) return { former: { command: null, droplet: undefined }, isRunning: false };
  const { command } = await calls.get<{ command: string | null }>(`/v3/apps/${app.guid}/processes/web`);
  const droplet = await orNone(calls.get<Droplet>(`/v3/apps/${app.guid}/droplets/current`));
  return { former: { command, droplet }, isRunning: app.state === "STARTED" && droplet !== undefined };
}

async function orNone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isRefusal(error) && error.status === 404) return undefined;
    throw error;
  }
}

async function apply(
  calls: Calls,
  { space, onStep, manifest: file }: PushRequest,
  { yaml }: Manifest,
): Promise<void> {
  onStep(file === undefined ? "creating the app" : "applying the manifest");
  const path = `/v3/spaces/${space.guid}/actions/apply_manifest`;
  const headers = { "content-type": "application/x-yaml" };
  const answer = await calls.send(path, { method: "POST", headers, body: yaml });
  const location = answer.headers["location"];
  if (typeof location !== "string")
    throw new PushError("manifest", "the platform does not tell how the manifest fares");
  await calls.poll(() => whenApplied(calls, location));
}

interface Job {
  state: string;
  errors?: { detail?: string }[];
}

async function whenApplied(calls: Calls, location: string): Promise<true | undefined> {
  const { state, errors = [] } = await calls.get<Job>(location);
  if (state === "COMPLETE") return true;
  if (state !== "FAILED") return undefined;
  const why = errors.map(({ detail }) => detail).join("; ");
  throw new PushError("manifest", `the manifest is not taken: ${why || "the platform does not say why"}`);
}

interface Build {
  guid: string;
  state: string;
  error?: string | null;
  droplet?: { guid: string } | null;
}

/** A platform may have another time than we have. */
const CLOCK_MS = 5000;
/** What a buildpack says is told no more often. */
const LOG_MS = 1000;

async function stage(
  calls: Calls,
  { onLog }: PushRequest,
  { appGuid, packageGuid }: { appGuid: string; packageGuid: string },
): Promise<Droplet> {
  const sinceMs = Date.now();
  const log = new LogCursor(calls, { appGuid, source: /^STG/, sinceMs: sinceMs - CLOCK_MS });
  const tell = async () => onLog && (await log.next()).forEach((line) => onLog(line));
  let toldMs = sinceMs;
  const { guid } = await calls.json<Build>("POST", "/v3/builds", { package: { guid: packageGuid } });
  const build = await calls.poll(async () => {
    const build = await calls.get<Build>(`/v3/builds/${guid}`);
    if (build.state !== "STAGING" || Date.now() - toldMs > LOG_MS) {
      await tell();
      toldMs = Date.now();
    }
    return build.state === "STAGING" ? undefined : build;
  });
  if (build.state === "STAGED" && build.droplet)
    return calls.get<Droplet>(`/v3/droplets/${build.droplet.guid}`);
  const detail = await logTail(calls, { appGuid, source: /^STG/, sinceMs: sinceMs - CLOCK_MS });
  throw new PushError("stage", `staging has failed: ${build.error ?? build.state}`, { detail });
}
