import { basename } from "node:path";
import type { Snapshot } from "../../../sync/index.ts";
import { deployFileChange } from "../deployfiles.ts";
import type { Taken } from "../inbox.ts";
import type { MachineEvent } from "../machine.ts";
import { prepare, type Prepared } from "../prepare.ts";
import { judgeSynced, seePending, seeRejected } from "../synced.ts";
import { diskFull, rootUnreadable } from "../verdicts.ts";
import type { Work } from "../work.ts";

/** Looks at what has changed, and says what is to be done about it. */
export async function collect(work: Work, signal: AbortSignal): Promise<MachineEvent> {
  if (!(await isQuiet(work, signal))) return "again";
  if (work.isHeld && !work.inbox.asked) return held(work);
  const taken = work.inbox.take();
  const startMs = Date.now();
  const snapshot = await lookAt(work, taken);
  if (!snapshot) return "nothing";
  if (snapshot.unsettled.length > 0) {
    // It is looked at again; when it has been waited for long enough, the rest goes on without it.
    const isPatient = startMs - taken.firstMs < work.settings.maxWaitMs;
    if (isPatient) {
      work.inbox.putBack({ ...taken, paths: taken.paths && [...taken.paths, ...snapshot.unsettled] });
      return "again";
    }
    work.inbox.add({ paths: snapshot.unsettled, cause: taken.cause });
  }
  if (await isDeployDue(work, taken)) return "mustDeploy";
  if (work.offline !== undefined) return byPush(work, taken);
  return decide(work, prepare(work, { taken, snapshot, startMs }));
}

/** Of what a deploy is made from, something has changed that is not among the files of the app. */
async function isDeployDue(work: Work, taken: Taken): Promise<boolean> {
  const { trigger } = work.settings.spec;
  const changed = await deployFileChange(work);
  if (changed === undefined || (trigger.mode === "Manual" && !taken.ask)) return false;
  work.deployReason = { kind: "Structural", why: `${basename(changed)} changed (spec.push)` };
  keep(work, taken);
  return true;
}

/** The end of the build wakes it. */
function held(work: Work): MachineEvent {
  work.inbox.add({ paths: undefined });
  const message = `waits for the build ${work.settings.spec.trigger.buildCmd}`;
  work.judge("Synced", { status: "False", reason: "Behind", message });
  work.say(message);
  return "nothing";
}

/** Waits until what comes in has come in. */
async function isQuiet({ inbox, bell, settings }: Work, signal: AbortSignal): Promise<boolean> {
  const dueMs = inbox.dueMs(settings);
  if (inbox.isEmpty || dueMs <= Date.now()) return true;
  await bell.wait(dueMs, signal);
  signal.throwIfAborted();
  return false;
}

/** @returns undefined if there is nothing to look at. */
async function lookAt(work: Work, taken: Taken): Promise<Snapshot | undefined> {
  try {
    return await work.look(taken.paths);
  } catch (error) {
    const message = `${rootUnreadable(work.settings.root, error)}; nothing is deleted until there are files`;
    work.judge("Synced", { status: "False", reason: "RootMissing", message });
    work.say(message);
    return undefined;
  }
}

function decide(work: Work, prepared: Prepared): MachineEvent {
  const { rejected, taken } = prepared;
  seeRejected(work, rejected);
  if (prepared.refusal) return refuse(work, prepared.refusal, taken);
  if (prepared.structural !== undefined) {
    work.deployReason = { kind: "Structural", why: `${prepared.structural} changed (spec.fullDeployOn)` };
    keep(work, taken);
    return "mustDeploy";
  }
  if (prepared.isBeyond && taken.ask?.cause.type === "Trigger") {
    work.deployReason = { kind: "Requested", why: "asked for, and no other way does all of it" };
    keep(work, taken);
    return "mustDeploy";
  }
  const { set } = prepared;
  const { mode } = work.settings.spec.trigger;
  const isHeldBack = mode === "Manual" && !taken.ask && prepared.changes.length > 0;
  seePending(work, isHeldBack ? prepared.changes : []);
  if (!set || isHeldBack) return settled(work, { taken, isHeldBack });
  const full = set.parts.find(({ member, plan }) => plan.bytes > (member.freeBytes ?? Infinity));
  if (full) {
    work.fail("Synced", diskFull(full.plan.bytes, full.member.freeBytes ?? 0, full.member.index));
    work.tell("Warning", "DiskFull", work.observation.message ?? "");
    return refreshed(work, full.member.bytesSince > 0, taken);
  }
  work.set = set;
  return "planned";
}

/** How much is free was told when it was connected; what was sent since may have taken the place of something else. */
function refreshed(work: Work, isStale: boolean, taken: Taken): MachineEvent {
  if (!isStale) return "nothing";
  keep(work, taken);
  work.closeLinks();
  return "failed";
}

interface Settled {
  readonly taken: Taken;
  readonly isHeldBack: boolean;
}

function settled(work: Work, { taken, isHeldBack }: Settled): MachineEvent {
  if (!isHeldBack) work.done(taken);
  judgeSynced(work);
  if (taken.ask?.cause.type === "Trigger" && !isHeldBack)
    work.tell("Normal", "UpToDate", "asked for a sync, and the app has all that is here");
  return "nothing";
}

function refuse(work: Work, refusal: { reason: string; message: string }, taken: Taken): MachineEvent {
  const { reason, message } = refusal;
  if (reason === "SetTooLarge" && work.settings.spec.fallback.toPush) {
    work.deployReason = { kind: "Fallback", why: message };
    keep(work, taken);
    return "mustDeploy";
  }
  const isNews = work.observation.verdicts.Synced?.reason !== reason;
  work.fail("Synced", { status: "False", reason, message });
  if (isNews) work.tell("Warning", reason, message);
  work.done(taken);
  return "nothing";
}

/** What the next steps do not do is done afterwards. */
function keep(work: Work, taken: Taken): void {
  if (taken.ask) work.inbox.putBack(taken);
  work.taken = taken;
}

/** Without a way to the instances, what has changed needs a full deploy; that is told before it is done. */
function byPush(work: Work, taken: Taken): MachineEvent {
  const { lastDeploy } = work.observation.facts;
  const { trigger, transport } = work.settings.spec;
  if (lastDeploy?.treeHash === work.treeHash && taken.ask?.cause.type !== "Restart") {
    work.done(taken);
    judgeSynced(work);
    return "nothing";
  }
  // What the instances have had when they were seen last needs no deploy: they are waited for.
  if (
    work.observation.facts.revision?.remote?.treeHash === work.treeHash &&
    !taken.ask &&
    transport !== "Push"
  )
    return "failed";
  if (trigger.mode === "Manual" && !taken.ask) {
    judgeSynced(work);
    return "nothing";
  }
  keep(work, taken);
  if (!taken.ask) work.inbox.putBack(taken);
  work.deployReason = { kind: taken.ask ? "Requested" : "Fallback", why: work.offline ?? "" };
  if (work.isFallbackTold || transport === "Push") return "mustDeploy";
  work.isFallbackTold = true;
  work.judgeDegraded();
  work.tell("Warning", "FallbackToPush", `a full deploy will be done, for ${work.offline}`);
  // Once more first: a way that leads there after all makes it unnecessary.
  return "failed";
}
