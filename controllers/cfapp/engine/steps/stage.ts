import type { Cause } from "../../../../apis/v1alpha1/index.ts";
import { nowMicro } from "../../../runtime/index.ts";
import type { MachineEvent } from "../machine.ts";
import { ChangedFileError } from "../reading.ts";
import { behind, syncing } from "../verdicts.ts";
import { failedFor, nobodyTookIt } from "./failures.ts";
import type { Part, SetInProgress, Work } from "../work.ts";

/** Gives every instance what it lacks. Nobody sees anything of it yet. */
export async function stage(work: Work): Promise<MachineEvent> {
  const set = work.set!;
  begin(work, set);
  const changed = await learnChunks(work, set);
  if (changed !== undefined) return unsettled(work, set, [changed]);
  // One instance needs no agreement: then staging and committing are one round trip.
  set.isDirect = set.parts.length === 1 && canSync(set.parts[0]!);
  if (set.isDirect) return "staged";
  await Promise.all(set.parts.map((part) => stageOne(work, part)));
  const paths = set.parts.flatMap((part) => part.changed ?? []);
  if (paths.length > 0) return unsettled(work, set, paths);
  if (work.cancel.signal.aborted) return canceled(work);
  set.sendMs = Date.now() - set.startMs - set.scanMs;
  if (set.parts.some(({ staged }) => staged)) return "staged";
  work.set = undefined;
  return nobodyTookIt(work, set);
}

/** What nobody has told was found by a look of our own; who has asked for something before has not asked for this. */
const unasked = (): Cause => ({
  type: "FileChange",
  message: "what is here is not what the app has",
  time: nowMicro(),
});

const canSync = ({ member: { link } }: Part): boolean => link !== undefined && "sync" in link;

function begin(work: Work, { parts, taken, revision }: SetInProgress): void {
  const [{ plan }] = parts as [Part];
  work.learning?.abort();
  work.cancel = new AbortController();
  work.judge("Synced", syncing(plan.files, plan.deletes));
  work.see({
    revision: { ...work.observation.facts.revision, local: { ...revision } },
    pending: {
      count: plan.operations.length,
      firstPaths: plan.operations.slice(0, 20).map(({ path }) => path),
    },
    cause: taken.cause ?? unasked(),
  });
}

/** Of large files that are to be sent as differences. @returns one that is another one by now. */
async function learnChunks(work: Work, { parts }: SetInProgress): Promise<string | undefined> {
  const { root, limits } = work.settings;
  const puts = parts.flatMap(({ plan }) => plan.operations.filter((operation) => operation.type === "put"));
  const large = puts.filter(({ entry, base, from }) => isLarge(entry.size) && base && from === undefined);
  function isLarge(size: number): boolean {
    return size > limits.deltaOver;
  }
  for (const { path, entry, base } of large) {
    if (!work.chunks.get(base!.hash)) continue;
    try {
      await work.chunks.ensure({ root, path, entry, signal: work.cancel.signal });
    } catch (error) {
      if (error instanceof ChangedFileError) return path;
      throw error;
    }
  }
  return undefined;
}

async function stageOne(work: Work, part: Part): Promise<void> {
  const { member, set } = part;
  try {
    part.staged = await member.link!.stage(set);
  } catch (error) {
    if (part.changed !== undefined || work.cancel.signal.aborted) return;
    failedFor(member, (error as Error).message);
    work.seeInstances();
  }
}

/** Somebody has canceled it, or the spec says something else now. Nothing has changed there. */
export function canceled(work: Work): MachineEvent {
  const { set } = work;
  work.set = undefined;
  if (set) work.done(set.taken);
  work.judge("Synced", behind("it was canceled; the next change, or tiltish trigger, goes on"));
  work.say("canceled");
  return "nothing";
}

/** Nothing has changed there: the set is made anew. */
function unsettled(work: Work, { taken }: SetInProgress, paths: readonly string[]): MachineEvent {
  work.set = undefined;
  work.inbox.putBack({ ...taken, paths: taken.paths && [...taken.paths, ...paths] });
  return "again";
}
