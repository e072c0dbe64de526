import { durationOf } from "../../../../apis/duration.ts";
import { nowMicro } from "../../../runtime/index.ts";
import { ConnectionLostError, type SyncOutcome } from "../../transports/transport.ts";
import { tellOutput } from "../applog.ts";
import type { MachineEvent } from "../machine.ts";
import { afterOutcome, type Crash } from "../health.ts";
import type { Verdict } from "../observation.ts";
import { newestLine, untilLogged } from "../logline.ts";
import { judgeApp } from "../running.ts";
import { applied, sentFiles } from "../sets.ts";
import { msOf } from "../settings.ts";
import { noteSet } from "../storm.ts";
import { judgeSynced, seePending } from "../synced.ts";
import { doubt, failedFor, nobodyTookIt } from "./failures.ts";
import { canceled } from "./stage.ts";
import {
  BY_COMMAND,
  crashed,
  firstLine,
  NO_SUPERVISOR,
  NOT_RESTARTED,
  notReady,
  restartFailed,
  restarting,
  RESTARTS_ITSELF,
  running,
  unverified,
} from "../verdicts.ts";
import type { Part, SetInProgress, Work } from "../work.ts";

interface Committed {
  readonly part: Part;
  readonly outcome: SyncOutcome;
}

/** Makes the set what the app has, on every instance that has it in full. */
export async function commit(work: Work): Promise<MachineEvent> {
  const set = work.set!;
  const before = work.observation.verdicts.Running;
  // What is sent and committed in one go is told by its progress.
  if (isRestart(set) && !(set.isDirect && set.parts.some(({ plan }) => sentFiles(plan) > 0)))
    work.judge("Running", restarting);
  const parts = set.parts.filter(({ staged }) => staged !== undefined || set.isDirect);
  const logged = await logBefore(work, set);
  const results = await Promise.all(parts.map((part) => commitOne(part, set)));
  work.set = undefined;
  const isNothing = results.every((result) => !result || result.outcome.result === "failed");
  // Nobody has told of a restart: what runs is what ran.
  if (isNothing) work.judge("Running", before);
  if (work.cancel.signal.aborted && isNothing) {
    work.set = set;
    return canceled(work);
  }
  const changed = parts.flatMap((part) => part.changed ?? []);
  if (changed.length > 0 && results.every((result) => result === undefined)) return again(work, set, changed);
  const done = results.filter((result) => result !== undefined);
  const whole = done.filter(({ outcome }) => outcome.result !== "failed");
  if (whole.length === 0) return nobodyTookIt(work, set);
  doubt(set.parts);
  await noteSet(work, set);
  report(work, set, logged ? await Promise.all(whole.map((one) => logged(one))) : whole);
  return "committed";
}

const isRestart = ({ parts }: SetInProgress): boolean =>
  parts.some(({ set: { restart } }) => restart.mode !== "None");

type Check = (committed: Committed) => Promise<Committed>;

/** Where a line of the log tells that the app is ready, what was logged before does not count. */
async function logBefore(work: Work, set: SetInProgress): Promise<Check | undefined> {
  const { readiness, mode } = work.settings.spec.restart;
  const { cc, platform, app } = work.resolved ?? {};
  const isDue = set.parts.some(({ set: { restart } }) => restart.mode === mode);
  const pattern = readiness?.log;
  if (pattern === undefined || mode !== "Supervisor" || !isDue || !cc || !platform?.logCache || !app)
    return undefined;
  const where = { cc, logCache: platform.logCache, appGuid: app.guid };
  const after = await newestLine(where);
  // What comes in meanwhile does not wait for what is over by then.
  const isObsolete = () => !work.inbox.isEmpty || work.cancel.signal.aborted;
  return async ({ part, outcome }) => {
    if (outcome.result !== "ready") return { part, outcome };
    const untilMs = Date.now() + msOf(readiness?.timeout ?? "60s");
    const { found, tail } = await untilLogged({ ...where, pattern, after, untilMs, isObsolete });
    return { part, outcome: found ? outcome : { ...outcome, result: "notready", output: tail } };
  };
}

async function commitOne(part: Part, { name }: SetInProgress): Promise<Committed | undefined> {
  const { member, plan, set, staged } = part;
  const { link } = member;
  const tree = applied(member.remote, plan);
  // What could not be deleted stays ours.
  const left = link?.capabilities.deletes === false ? member.tracked : [];
  const tracked = new Set([...plan.tree.keys(), ...left]);
  member.inFlight = { name, tree, tracked, isRestart: set.restart.mode !== "None" };
  try {
    const outcome = staged ? await staged.commit() : await link!.sync!(set);
    member.inFlight = undefined;
    member.bytesSince += outcome.bytesSent;
    if (part.changed !== undefined && outcome.result === "failed") return undefined;
    if (outcome.result !== "failed") {
      member.know(tree, tracked);
      Object.assign(member, { revision: name, treeHash: plan.treeHash, needsMarker: false, failures: 0 });
    }
    note(part, outcome);
    return { part, outcome };
  } catch (error) {
    // Whether it was committed is told by the next greeting.
    if (error instanceof ConnectionLostError) member.lost(error.message);
    else member.inFlight = undefined;
    if (part.changed === undefined) failedFor(member, (error as Error).message);
    return undefined;
  }
}

function note({ member, set }: Part, outcome: SyncOutcome): void {
  if (outcome.result === "failed") return failedFor(member, outcome.message);
  const { health } = member;
  if (set.restart.mode === "Supervisor") member.health = afterOutcome(health, outcome, Date.now());
  Object.assign(member, { lastError: undefined, retryAtMs: undefined });
  if (outcome.result === "ready" || outcome.result === "notready") member.started(outcome.pid);
  const isApp = set.restart.mode === "Supervisor";
  if (outcome.result === "crashed" && isApp) Object.assign(member, { pid: undefined, state: "Crashed" });
  else if (set.restart.mode !== "None" || member.state === "Connected") member.state = "Running";
}

function again(work: Work, { taken }: SetInProgress, paths: readonly string[]): MachineEvent {
  work.inbox.putBack({ ...taken, paths: taken.paths && [...taken.paths, ...paths] });
  return "committed";
}

function report(work: Work, set: SetInProgress, done: readonly Committed[]): void {
  const [{ part, outcome }] = done as [Committed];
  const { revision, taken } = set;
  work.done(taken);
  work.lastChangeMs = Date.now();
  work.failures = 0;
  for (const { part } of done) work.drifted.delete(part.member.index);
  work.judgeDegraded();
  seePending(work, []);
  work.see({ revision: { local: { ...revision }, remote: { ...revision } } });
  work.see({ lastSync: lastSyncOf(set, done) });
  work.seeInstances();
  judgeRunning(work, done);
  judgeApp(work);
  judgeSynced(work);
  if (part.plan.operations.length > 0 || part.set.restart.mode !== "None") tell(work, set, { part, outcome });
}

function lastSyncOf(set: SetInProgress, done: readonly Committed[]) {
  const [{ part, outcome }] = done as [Committed];
  const { files, deletes, bytes } = part.plan;
  return {
    trigger: set.taken.cause?.type ?? "Baseline",
    startTime: set.startTime,
    finishTime: nowMicro(),
    files,
    deletes,
    bytesSource: bytes,
    bytesSent: done.reduce((sum, { outcome }) => sum + outcome.bytesSent, 0),
    durations: durationsOf(set, outcome),
  };
}

function durationsOf(set: SetInProgress, { durationsMs = {} }: SyncOutcome): Record<string, string> {
  const totalMs = Date.now() - set.startMs;
  const known = Object.entries({ scan: set.scanMs, send: set.sendMs, ...durationsMs });
  const all = [...known.filter(([, ms]) => ms !== undefined), ["total", totalMs] as const];
  return Object.fromEntries(all.map(([step, ms]) => [step, durationOf(ms!)]));
}

function judgeRunning(work: Work, done: readonly Committed[]): void {
  const readiness = work.settings.spec.restart.readiness;
  for (const { part, outcome } of done) {
    const { index } = part.member;
    if (outcome.result === "crashed") {
      const verdict = crashOf(part, outcome);
      tellOutput(work, outcome.output);
      work.judge("Running", verdict);
      return work.tell("Warning", verdict.reason, firstLine(verdict.message));
    }
    if (outcome.result === "notready") {
      tellOutput(work, outcome.output);
      const verdict = notReady(index, readiness?.timeout ?? "60s", outcome.output);
      work.judge("Running", verdict);
      // The agent goes on looking; nobody does for a line of the log.
      if (part.member.health?.late) work.toldCrash = verdict;
      return work.tell("Warning", "NotReady", firstLine(verdict.message));
    }
    if (outcome.result === "unsupervised")
      return work.judge("Running", unverified(outcome.why ?? whyOf(part)));
  }
  const ready = done.find(({ outcome }) => outcome.result === "ready");
  if (ready) return work.judge("Running", running(ready.part.member.pid));
  const before = work.observation.verdicts.Running;
  if (!before || before.reason === "Restarting")
    work.judge("Running", unverified(isByCommand(done) ? BY_COMMAND : NOT_RESTARTED));
}

const isByCommand = ([first]: readonly Committed[]): boolean => first?.part.set.restart.mode === "Command";

function crashOf(
  { member: { index }, set: { restart } }: Part,
  { exit, output }: Pick<Crash, "exit" | "output">,
): Verdict {
  return restart.mode === "Command"
    ? restartFailed({ index, command: restart.command, exit, output })
    : crashed(index, { exit, output, isAgain: false });
}

const whyOf = ({ member }: Part): string =>
  member.link?.capabilities.restarts === false ? RESTARTS_ITSELF : NO_SUPERVISOR;

function tell(work: Work, { revision, startMs }: SetInProgress, { part, outcome }: Committed): void {
  const { files, deletes } = part.plan;
  const what = [`${files} ${files === 1 ? "file" : "files"}`, ...(deletes > 0 ? [`${deletes} deleted`] : [])];
  const took = durationOf(Date.now() - startMs);
  const how = outcome.result === "ready" ? `, pid ${outcome.pid}` : "";
  const text = `${what.join(", ")} in ${took}: revision ${revision.number}${how}`;
  work.tell("Normal", "Synced", text, `${text}${detailsOf(work, part)}`);
}

const SHOWN_PATHS = 5;

/** For whoever looks closer. */
function detailsOf({ observation }: Work, { plan, set }: Part): string {
  const { bytesSource = 0, bytesSent = 0, durations = {} } = observation.facts.lastSync ?? {};
  const { total: _, ...steps } = durations;
  const paths = plan.operations.filter(({ type }) => !type.endsWith("Directory")).map(({ path }) => path);
  const more = paths.length > SHOWN_PATHS ? ` and ${paths.length - SHOWN_PATHS} more` : "";
  const restart = set.restart.mode === "None" ? ", not restarted" : "";
  const files = paths.length > 0 ? `; ${paths.slice(0, SHOWN_PATHS).join(", ")}${more}` : "";
  const times = Object.entries(steps).map(([step, duration]) => `${step} ${duration}`);
  return `${restart}; ${bytesSource} bytes, ${bytesSent} sent; ${times.join(", ")}${files}`;
}
