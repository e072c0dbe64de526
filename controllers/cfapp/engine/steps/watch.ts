import type { MachineEvent } from "../machine.ts";
import type { Member } from "../member.ts";
import { holdsAtMs, judgeApp } from "../running.ts";
import { brakedUntilMs, calmAtMs, calmDown } from "../storm.ts";
import { judgeSynced } from "../synced.ts";
import type { Work } from "../work.ts";
import { isBetterAsked } from "./better.ts";

const RESCAN_MS = 30_000;
/** How often the platform is asked which instances there are, while nothing happens. */
const RESOLVE_MS = 300_000;

/** Waits until there is something to do. */
export async function watch(work: Work, signal: AbortSignal): Promise<MachineEvent> {
  learn(work, signal);
  // What has come this far has not failed: the next delay is a short one again.
  work.failures = 0;
  for (;;) {
    judgeApp(work);
    const event = newsIn(work, Date.now());
    if (event) return event;
    await work.bell.wait(deadlineOf(work), signal);
    signal.throwIfAborted();
  }
}

function newsIn(work: Work, nowMs: number): MachineEvent | undefined {
  const lost = [...work.members.values()].filter(({ link, state }) => !link && state === "Lost");
  if (lost.length > 0 && work.offline === undefined) return afterLoss(work);
  if (work.isEnding) return ending(work);
  calmDown(work, nowMs);
  if (work.inbox.asked || (hasChanges(work, nowMs) && !work.isHeld)) return incoming(work);
  if (isPersistDue(work, nowMs)) {
    work.deployReason = { kind: "Persist", why: "what was synced is kept in a droplet (spec.persist)" };
    return "mustDeploy";
  }
  const due = work.offline === undefined ? dueMember(work, nowMs) : undefined;
  if (due?.link) {
    due.retryAtMs = undefined;
    work.inbox.add({ paths: undefined }, 0);
    return "changed";
  }
  if (due || nowMs >= (work.resolved?.atMs ?? 0) + RESOLVE_MS) return "again";
  if (nowMs >= work.lastScanMs + RESCAN_MS && !work.isHeld) {
    work.inbox.add({ paths: undefined }, 0);
    return "changed";
  }
  return undefined;
}

const hasChanges = (work: Work, nowMs: number): boolean =>
  !work.inbox.isEmpty && nowMs >= brakedUntilMs(work);

/** What was synced is kept before it ends (`spec.persist` is OnStop). */
function ending(work: Work): MachineEvent {
  if (isBaked(work)) return "stop";
  work.deployReason = { kind: "Persist", why: "what was synced is kept in a droplet (spec.persist)" };
  return "mustDeploy";
}

/** Whether a new container would have what is here. */
const isBaked = ({ observation, treeHash }: Work): boolean => {
  const { lastDeploy, lastSync } = observation.facts;
  return lastDeploy?.treeHash === treeHash || lastSync === undefined || treeHash === "";
};

/** Those that are connected go on; nobody waits for the other ones but they themselves. */
function afterLoss(work: Work): MachineEvent {
  for (const member of work.members.values()) {
    if (!member.link && member.state === "Lost") {
      member.state = "Unreachable";
      member.retryAtMs ??= Date.now();
    }
  }
  if (work.connected.length === 0) return work.lost();
  work.seeInstances();
  judgeSynced(work);
  return "again";
}

/** Where only full deploys lead, or not the best way, a better one is looked for first. */
function incoming(work: Work): MachineEvent {
  const isOffline = work.offline !== undefined && work.settings.spec.transport !== "Push";
  return isOffline || isBetterAsked(work) ? "incomplete" : "changed";
}

const dueMember = ({ members }: Work, nowMs: number): Member | undefined =>
  [...members.values()].find(({ retryAtMs }) => nowMs >= (retryAtMs ?? Infinity));

const retryAtMs = ({ members, offline }: Work): number =>
  offline === undefined
    ? Math.min(...[...members.values()].map((member) => member.retryAtMs ?? Infinity))
    : Infinity;

function persistAtMs(work: Work): number {
  const { settings, lastChangeMs } = work;
  const isDue = settings.spec.persist === "OnIdle" && !isBaked(work);
  return isDue ? lastChangeMs + settings.persistIdleMs : Infinity;
}

const isPersistDue = (work: Work, nowMs: number): boolean =>
  work.treeHash !== "" && work.lastChangeMs > 0 && nowMs >= persistAtMs(work);

function deadlineOf(work: Work): number {
  const persistMs = work.lastChangeMs > 0 ? persistAtMs(work) : Infinity;
  const rescanMs = work.isHeld ? Infinity : work.lastScanMs + RESCAN_MS;
  const brakedMs = work.isHeld ? Infinity : brakedUntilMs(work) || Infinity;
  const brakeMs = Math.min(brakedMs, calmAtMs(work));
  const resolveMs = (work.resolved?.atMs ?? 0) + RESOLVE_MS;
  return Math.min(rescanMs, resolveMs, retryAtMs(work), persistMs, holdsAtMs(work), brakeMs);
}

/** What large files are made of is learned while there is time. */
function learn(work: Work, signal: AbortSignal): void {
  const member = work.connected[0];
  if (!member) return;
  work.learning = new AbortController();
  const { root, limits } = work.settings;
  const either = AbortSignal.any([signal, work.learning.signal]);
  void work.chunks.learn(member.remote, { root, over: limits.deltaOver, signal: either });
}
