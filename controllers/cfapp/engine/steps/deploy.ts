import { durationOf } from "../../../../apis/duration.ts";
import { nowMicro } from "../../../runtime/index.ts";
import { AuthError } from "../../cf/index.ts";
import { type Snapshot, tooManyFiles } from "../../../sync/index.ts";
import { deployFilesOf } from "../deployfiles.ts";
import type { MachineEvent } from "../machine.ts";
import type { Status } from "../observation.ts";
import { ChangedFileError, read } from "../reading.ts";
import { type Pushed, PushError, type PushRequest } from "../../push/request.ts";
import { msOf } from "../settings.ts";
import { seePending, seeRejected } from "../synced.ts";
import { rootUnreadable } from "../verdicts.ts";
import type { DeployReason, Work } from "../work.ts";

type LastDeploy = NonNullable<Status["lastDeploy"]>;

/** Deploys all that is here, as `cf push` does. */
export async function deploy(work: Work, signal: AbortSignal): Promise<MachineEvent> {
  const { kind, why } = work.deployReason ?? { kind: "Requested" as const, why: "it was asked for" };
  const snapshot = await lookOr(work);
  const problem = typeof snapshot === "string" ? snapshot : problemOf(work, snapshot);
  if (typeof snapshot === "string" || problem !== undefined) return gaveUp(work, problem ?? "");
  begin(work, { kind, why });
  const { treeHash } = work;
  try {
    const pushed = await work.seams.push(await requestFor(work, snapshot, signal));
    return deployed(work, { pushed, snapshot, treeHash });
  } catch (error) {
    closeStep(work);
    return failed(work, error as Error, signal);
  }
}

/** @returns why nothing can be looked at, if so. */
async function lookOr(work: Work): Promise<Snapshot | string> {
  try {
    return await work.look();
  } catch (error) {
    return rootUnreadable(work.settings.root, error);
  }
}

function problemOf({ settings }: Work, { tree }: Snapshot): string | undefined {
  const files = [...tree.values()].filter(({ type }) => type === "file").length;
  if (files === 0) return `there is no file in ${settings.root}: nothing to deploy`;
  return files > settings.limits.maxFiles ? tooManyFiles(settings.limits) : undefined;
}

function begin(work: Work, { kind, why }: DeployReason): void {
  const cause = work.taken?.cause;
  seeRejected(work, work.snapshot!.rejected);
  work.see({
    lastDeploy: { kind, reason: why, startTime: nowMicro(), steps: [] },
    ...(cause && { cause }),
  });
  work.judge("Synced", { status: "False", reason: "Syncing", message: `a full deploy is under way: ${why}` });
  work.say(`deploying: ${why}`);
  work.tell("Normal", "Deploying", `a full deploy: ${why}`);
}

async function requestFor(work: Work, { tree }: Snapshot, signal: AbortSignal): Promise<PushRequest> {
  const { root, manifest, spec } = work.settings;
  const { push, appName, target } = spec;
  // Whatever becomes of it: once more only if they change once more.
  work.deployFiles = await deployFilesOf(work);
  const { cc, space } = await work.login.place(target ?? {}, signal);
  return {
    cc,
    space,
    appName,
    tree,
    read: (path) => {
      const entry = tree.get(path);
      if (entry?.type !== "file") throw new ChangedFileError(path);
      return read({ root, path, entry, signal });
    },
    ...(manifest !== undefined && { manifest }),
    ...(push.vars && { vars: push.vars }),
    varsFiles: work.settings.varsFiles,
    strategy: push.strategy,
    healthCheckType: push.healthCheckType,
    wrapCommand: push.wrapCommand,
    timeoutMs: msOf(push.timeout),
    signal,
    onStep: (step) => beginStep(work, step),
    onLog: (line) => work.journal.lines(line),
  };
}

function beginStep(work: Work, name: string): void {
  closeStep(work);
  const { lastDeploy = {} } = work.observation.facts;
  const steps = [...(lastDeploy.steps ?? []), { name, startTime: nowMicro() }].slice(-50);
  work.see({ lastDeploy: { ...lastDeploy, steps } });
  work.say(`deploying: ${name}`);
  work.journal.lines(`deploying: ${name}`);
}

function closeStep(work: Work): void {
  const { lastDeploy = {} } = work.observation.facts;
  const steps = (lastDeploy.steps ?? []).map((step) =>
    step.duration === undefined
      ? { ...step, duration: durationOf(Date.now() - Date.parse(step.startTime ?? "")) }
      : step,
  );
  work.see({ lastDeploy: { ...lastDeploy, steps } });
}

interface Deployed {
  readonly pushed: Pushed;
  readonly snapshot: Snapshot;
  readonly treeHash: string;
}

/** All instances are new: what was known of them holds no more. */
function deployed(work: Work, { pushed, snapshot, treeHash }: Deployed): MachineEvent {
  closeStep(work);
  const { packageGuid, dropletGuid, deploymentGuid } = pushed;
  const { lastDeploy = {} } = work.observation.facts;
  const finishTime = nowMicro();
  const next: LastDeploy = {
    ...lastDeploy,
    packageGuid,
    dropletGuid,
    ...(deploymentGuid !== undefined && { deploymentGuid }),
    finishTime,
    treeHash,
    specHash: work.settings.specHash,
  };
  work.see({ lastDeploy: next });
  for (const warning of pushed.warnings) work.tell("Warning", "PlatformWarning", warning);
  work.judge("Running", { status: "True", reason: "Ready", message: "all instances run" });
  work.deployed = snapshot.tree;
  work.deployReason = undefined;
  work.isExpectingNew = true;
  Object.assign(work, { way: 0, wayFailures: 0, hasArrived: false });
  for (const member of work.members.values()) {
    member.close();
    member.forget();
  }
  seePending(work, []);
  if (work.taken) work.done(work.taken);
  work.taken = undefined;
  work.inbox.forgetAsk();
  work.lastChangeMs = Date.now();
  const took = durationOf(Date.parse(finishTime) - Date.parse(lastDeploy.startTime ?? finishTime));
  work.tell("Normal", "Deployed", `deployed in ${took}`);
  work.say(undefined);
  return "deployed";
}

/** What staging refuses once it refuses again: what is there stays, until something is changed. */
function failed(work: Work, error: Error, signal: AbortSignal): MachineEvent {
  const { lastDeploy = {} } = work.observation.facts;
  const message = signal.aborted ? "canceled" : error.message;
  const log = error instanceof PushError && error.detail ? `\n${error.detail}` : "";
  work.see({ lastDeploy: { ...lastDeploy, finishTime: nowMicro(), error: message + log } });
  if (error instanceof AuthError) throw error;
  if (!(error instanceof PushError) && !signal.aborted) {
    // It may not fail the next time.
    if (work.taken) work.inbox.putBack(work.taken);
    return work.fail("Synced", behindOf(`the deploy was not done: ${message}`));
  }
  const { detail = "" } = error as Partial<PushError>;
  if (error instanceof PushError && error.step !== "stage") work.journal.lines(detail);
  work.tell("Warning", "DeployFailed", message);
  return gaveUp(work, `the deploy failed: ${message}${detail && `\n${detail}`}`);
}

const behindOf = (message: string) => ({ status: "False" as const, reason: "Behind", message });

function gaveUp(work: Work, message: string): MachineEvent {
  const { ask } = work.taken ?? {};
  if (ask?.trigger !== undefined) work.see({ observedTrigger: ask.trigger });
  work.inbox.forgetAsk();
  work.taken = undefined;
  work.fail("Synced", behindOf(message));
  work.block = { until: "change", stamp: "" };
  return "refused";
}
