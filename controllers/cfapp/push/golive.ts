import type { Calls } from "./calls.ts";
import { type StartCommand, unwrapped, wrapped } from "./command.ts";
import { logTail } from "./logs.ts";
import { PushError, type PushRequest } from "./request.ts";

/** How long the first instances may take. */
const START_MS = 5 * 60_000;

export interface Droplet {
  readonly guid: string;
  readonly process_types?: Readonly<Record<string, string>>;
}

export interface Live {
  readonly appGuid: string;
  readonly droplet: Droplet;
  /** What ran before, as far as anything did. */
  readonly former: { readonly command: string | null; readonly droplet: Droplet | undefined };
  /** From the manifest. */
  readonly command: string | undefined;
  readonly isRunning: boolean;
}

/** Sets what web instances run: under the supervisor, if it is wanted. */
export async function setCommand(calls: Calls, request: PushRequest, live: Live): Promise<void> {
  const { appGuid, droplet, former, command } = live;
  const own = former.command === null ? undefined : unwrapped(former.command);
  if (!request.wrapCommand) {
    // What a former deploy has wrapped is as it was, unless the manifest says otherwise.
    if (own && command === undefined)
      await patch(calls, appGuid, own.origin === "given" ? own.command : null);
    return;
  }
  const start = startOf({ own, command, found: droplet.process_types?.["web"], former });
  if (!start)
    throw new PushError(
      "deploy",
      "the app has no start command to put under the supervisor: name one in the manifest, or set spec.push.wrapCommand to false",
    );
  await patch(calls, appGuid, wrapped(start));
}

const patch = (calls: Calls, appGuid: string, command: string | null): Promise<unknown> =>
  calls.json("PATCH", `/v3/apps/${appGuid}/processes/web`, { command });

interface Sources {
  readonly own: StartCommand | undefined;
  readonly command: string | undefined;
  readonly found: string | undefined;
  readonly former: Live["former"];
}

/** What a person has said comes before what a buildpack has found. */
function startOf({ own, command, found, former }: Sources): StartCommand | undefined {
  if (command !== undefined) return { origin: "given", command };
  if (own?.origin === "given") return own;
  // The platform tells the command of the droplet in the place of one that was not given.
  const wasFound =
    own !== undefined || former.command === null || former.command === former.droplet?.process_types?.["web"];
  if (!wasFound) return { origin: "given", command: former.command };
  return found === undefined ? own : { origin: "found", command: found };
}

/** Instances that run are replaced all at once. */
export async function restart(calls: Calls, { appGuid, droplet }: Live): Promise<void> {
  const path = `/v3/apps/${appGuid}/relationships/current_droplet`;
  await calls.json("PATCH", path, { data: { guid: droplet.guid } });
  await calls.json("POST", `/v3/apps/${appGuid}/actions/restart`);
}

interface Deployment {
  guid: string;
  status: { value: string; reason: string; details?: { error?: string | null } };
}

/** Instances are replaced while others serve. @returns guid of the deployment. */
export async function deploy(
  calls: Calls,
  { strategy, onStep }: PushRequest,
  { appGuid, droplet }: Live,
): Promise<string> {
  const relationships = { app: { data: { guid: appGuid } } };
  const wanted = { droplet: { guid: droplet.guid }, strategy: strategy.toLowerCase(), relationships };
  const { guid } = await calls.json<Deployment>("POST", "/v3/deployments", wanted);
  const sinceMs = Date.now();
  try {
    await calls.poll(() => whenDeployed(calls, guid, onStep));
  } catch (error) {
    await cancel(calls, guid);
    if (!(error instanceof PushError)) throw error;
    const detail = await logTail(calls, { appGuid, source: /^(APP|CELL)/, sinceMs });
    throw new PushError("deploy", error.message, { detail });
  }
  return guid;
}

async function whenDeployed(
  calls: Calls,
  guid: string,
  onStep: (step: string) => void,
): Promise<true | undefined> {
  const { status } = await calls.get<Deployment>(`/v3/deployments/${guid}`);
  if (status.reason === "PAUSED") {
    onStep("the first instance runs: going on with the others");
    await calls.json("POST", `/v3/deployments/${guid}/actions/continue`);
  }
  if (status.details?.error)
    throw new PushError("deploy", `the new instances do not run: ${status.details.error}`);
  if (status.value !== "FINALIZED") return undefined;
  if (status.reason === "DEPLOYED") return true;
  throw new PushError("deploy", `the deployment has ended as ${status.reason}`);
}

/** What was begun is taken back, also when nobody waits for it any more. */
async function cancel({ cc }: Calls, guid: string): Promise<void> {
  const signal = AbortSignal.timeout(5000);
  await cc.ask(`/v3/deployments/${guid}/actions/cancel`, { method: "POST", signal }).catch(() => undefined);
}

/** @throws PushError if they crash, or do not start in time. */
export async function untilRunning(calls: Calls, appGuid: string): Promise<void> {
  const sinceMs = Date.now();
  let seen: string | undefined;
  const problem = await calls.poll(async () => {
    const process = await calls.cc.process(appGuid, "web");
    const instances = process === undefined ? [] : await calls.cc.instances(process);
    const states = instances.map(({ state }) => state);
    const guids = instances.map(({ instanceGuid }) => instanceGuid).join();
    // Without a check of its port, an app runs until it crashes: seen twice, it has not done so at once.
    if (states.every((state) => state === "RUNNING") && guids === seen) return "";
    seen = guids;
    if (states.every((state) => state === "CRASHED")) return "all instances have crashed";
    return Date.now() - sinceMs > START_MS
      ? `not all instances run: they are ${states.join(", ")}`
      : undefined;
  });
  if (problem === "") return;
  const detail = await logTail(calls, { appGuid, source: /^(APP|CELL)/, sinceMs: sinceMs - 5000 });
  throw new PushError("start", problem, { detail });
}
