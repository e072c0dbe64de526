import { type Plan, planOf, type Refusal, type Snapshot } from "../../sync/index.ts";
import type { RestartPolicy, SyncSet } from "../transports/transport.ts";
import { nowMicro } from "../../runtime/index.ts";
import { type LeftOut, within } from "./capable.ts";
import { chunksBetween } from "./chunkcache.ts";
import type { Taken } from "./inbox.ts";
import type { Member } from "./member.ts";
import { ChangedFileError, read } from "./reading.ts";
import { nameOf, numberOf, type Revision, wasAskedBy } from "./revisions.ts";
import { keeping, needsRestart, structuralChange, unreadable } from "./sets.ts";
import { restartPolicyOf } from "./settings.ts";
import type { Part, SetInProgress, Work } from "./work.ts";

/** What was seen, and what is to be done about it. */
export interface Prepared {
  readonly taken: Taken;
  readonly rejected: readonly LeftOut[];
  /** What the way to an instance cannot do; a full deploy can. */
  readonly isBeyond: boolean;
  /** Paths that differ on some instance. */
  readonly changes: readonly string[];
  readonly refusal?: Refusal;
  /** A change that a full deploy is needed for. */
  readonly structural?: string | undefined;
  /** Undefined if there is nothing to do. */
  readonly set?: SetInProgress | undefined;
}

interface Seen {
  readonly taken: Taken;
  readonly snapshot: Snapshot;
  readonly startMs: number;
}

interface Planned {
  readonly member: Member;
  readonly plan: Plan;
  readonly leftOut: readonly LeftOut[];
}

/** Compares what is here with what each instance has. */
export function prepare(work: Work, { taken, snapshot, startMs }: Seen): Prepared {
  const members = work.connected.filter(({ isReady }) => isReady);
  const planned: Planned[] = [];
  for (const member of members) {
    const plan = planFor(work, member, snapshot);
    if ("reason" in plan)
      return { taken, rejected: snapshot.rejected, isBeyond: false, changes: [], refusal: plan };
    planned.push({ member, ...within(plan, member.link!.capabilities, member.remote) });
  }
  const leftOut = planned[0]?.leftOut ?? [];
  const rejected = [...snapshot.rejected, ...(planned[0]?.plan.rejected ?? []), ...leftOut];
  const isBeyond = leftOut.length > 0;
  const changes = [...new Set(planned.flatMap(({ plan }) => plan.operations.map(({ path }) => path)))];
  const structural = planned
    .map(({ member, plan }) => structuralChange(plan, member.tracked, work.settings.fullDeployOn))
    .find((path) => path !== undefined);
  const due = planned.filter(({ member, plan }) => isDue(member, plan, taken));
  if (due.length === 0 || structural !== undefined) return { taken, rejected, isBeyond, changes, structural };
  return { taken, rejected, isBeyond, changes, set: setOf(work, due, { taken, snapshot, startMs }) };
}

function planFor({ settings }: Work, { remote, tracked }: Member, { tree, rejected, unsettled }: Snapshot) {
  const local = keeping(tree, remote, [...unsettled, ...unreadable(rejected)]);
  const { deletePolicy } = settings.spec;
  return planOf({ local, remote, tracked, deletePolicy }, settings.limits);
}

const isDue = (member: Member, { operations }: Plan, { ask }: Taken): boolean =>
  operations.length > 0 || member.needsMarker || (isRestart(ask) && !hasDone(member, ask));

const isRestart = (ask: Taken["ask"]): boolean =>
  ask?.cause.type === "Restart" || ask?.cause.type === "Dependency";

/** It was restarted for this request already, by a tiltish that could not say so any more. */
const hasDone = ({ revision }: Member, ask: Taken["ask"]): boolean =>
  ask?.trigger !== undefined && wasAskedBy(revision, ask.trigger);

function setOf(work: Work, due: readonly Planned[], { taken, startMs }: Seen): SetInProgress {
  const revision = nextRevision(work, due, taken);
  const name = nameOf(revision, isRestart(taken.ask) ? taken.ask?.trigger : undefined);
  const parts = due.map((planned) => partOf(work, planned, { name, taken }));
  return {
    revision,
    name,
    taken,
    parts,
    startTime: nowMicro(),
    startMs,
    scanMs: Date.now() - startMs,
  };
}

/** The same files are the same revision, however often they are sent. */
function nextRevision(work: Work, due: readonly Planned[], { ask }: Taken): Revision {
  const { local } = work.observation.facts.revision ?? {};
  const treeHash = due[0]!.plan.treeHash;
  const known = [...work.members.values()].map(({ revision }) => numberOf(revision));
  const latest = Math.max(local?.number ?? 0, ...known);
  const isSame = local?.treeHash === treeHash && local.number === latest && latest > 0 && !isRestart(ask);
  // Whoever has committed a set of that name would take another one for it.
  const isTaken = due.some(({ member }) => member.revision === nameOf({ number: latest, treeHash }));
  return { number: isSame && !isTaken ? latest : latest + 1, treeHash };
}

function partOf(
  work: Work,
  { member, plan }: Planned,
  { name, taken }: { name: string; taken: Taken },
): Part {
  const { root, limits } = work.settings;
  const restart = policyFor(work, plan, taken);
  const part: Part = { member, plan, set: undefined as unknown as SyncSet };
  const set: SyncSet = {
    revision: name,
    plan,
    restart,
    async *read(path) {
      const entry = plan.tree.get(path);
      if (entry?.type !== "file") throw new ChangedFileError(path);
      try {
        const source = read({ root, path, entry, signal: work.cancel.signal });
        const isLarge = entry.size > limits.deltaOver && !work.chunks.get(entry.hash);
        yield* isLarge ? work.chunks.recording(entry.hash, source) : source;
      } catch (error) {
        if (error instanceof ChangedFileError) part.changed = error.path;
        throw error;
      }
    },
    chunks(path) {
      const [base, next] = [member.remote.get(path), plan.tree.get(path)];
      if (next?.type !== "file") return undefined;
      return chunksBetween(work.chunks, base?.type === "file" ? base : undefined, next);
    },
    onProgress: (progress) => work.progress(progress),
  };
  return Object.assign(part, { set });
}

function policyFor({ settings: { spec } }: Work, plan: Plan, { ask }: Taken): RestartPolicy {
  const isNeeded = isRestart(ask) || needsRestart(plan, spec.restart);
  return isNeeded ? restartPolicyOf(spec) : { mode: "None" };
}
