import type { Cluster } from "../cluster/index.ts";
import type { Owner } from "../manifests/index.ts";
import { interrupted, Problem } from "../problem.ts";
import { awaitGone, PATIENCE_MS } from "./existence.ts";
import { isContainer, isOurs, keptFor, POLICY } from "./policy.ts";
import { type Deployed, keyOfRef, textOfRef } from "./refs.ts";
import { inTurns } from "./turns.ts";
import type { Work } from "./work.ts";

/** What became of an object that was to be deleted. */
export type Removal = "deleted" | "absent" | "kept" | "left" | "replaced";

export interface Removing {
  readonly signal: AbortSignal;
  /** Whose it is; what is another's stays. */
  readonly owner: Owner;
  /** How long it is waited for that it is gone. */
  readonly patienceMs?: number;
}

/** Something that is on its way out. */
interface Leaving {
  readonly ref: Deployed;
  /** As it was found. */
  readonly found: Deployed;
  /** Since when, in milliseconds since 1970. */
  readonly sinceMs: number;
}

/**
 * Deletes an object, and waits until it is gone. One that is to be kept, or that is no longer the one that was applied,
 * stays.
 */
export async function remove(cluster: Cluster, ref: Deployed, removing: Removing): Promise<Removal> {
  const asked = await askToGo(cluster, ref, removing);
  if (typeof asked === "string") return asked;
  await awaitGone(cluster, asked.found, removing);
  return "deleted";
}

/** @returns what is to be waited for, if there is anything. */
async function askToGo(
  cluster: Cluster,
  ref: Deployed,
  { owner }: Removing,
): Promise<Exclude<Removal, "deleted"> | Leaving> {
  const present = await cluster.readAny(ref);
  if (!present) return "absent";
  if (!isOurs(present, ref, owner)) return "replaced";
  const kept = keptFor(present);
  if (kept) return kept;
  const { uid = "", deletionTimestamp } = present.metadata;
  const found = { ...ref, apiVersion: present.apiVersion, uid };
  if (deletionTimestamp !== undefined) return { ref, found, sinceMs: Date.parse(deletionTimestamp) };
  await cluster.client.delete(await cluster.kindOf(present), present.metadata, {
    propagationPolicy: "Background",
    ...(uid && { preconditions: { uid } }),
  });
  return { ref, found, sinceMs: Date.now() };
}

interface RemoveAll extends Removing {
  /** What need not be remembered any more. */
  readonly onGone: (ref: Deployed, how: Removal) => void;
}

/** How long custom resources may keep the rest: whoever takes off their finalizers may be among it. */
const HEAD_START_MS = 30_000;

/**
 * Deletes what was applied, the last first, and none of it waits for another one; only custom resources go first, for a
 * while.
 *
 * @throws Problem that names all that could not be deleted yet; the rest is.
 */
export async function removeAll(
  cluster: Cluster,
  refs: readonly Deployed[],
  options: RemoveAll,
): Promise<void> {
  const problems: Problem[] = [];
  for (const wave of wavesOf(refs)) {
    const rest = await removeWave(cluster, wave, options);
    problems.push(...rest.problems);
    if (rest.leaving.some(({ sinceMs }) => Date.now() - sinceMs < HEAD_START_MS)) break;
  }
  if (problems.length > 0) throw joined(problems);
}

interface Rest {
  readonly problems: Problem[];
  readonly leaving: Leaving[];
}

async function removeWave(cluster: Cluster, refs: readonly Deployed[], options: RemoveAll): Promise<Rest> {
  const { onGone, patienceMs = PATIENCE_MS } = options;
  const rest: Rest = { problems: [], leaving: [] };
  const leaving: Leaving[] = [];
  await inTurns(refs, async (ref) => {
    // Whoever wants to keep the rest keeps it from now on.
    if (options.signal.aborted) throw interrupted();
    const asked = await aboutOne(cluster, rest, askToGo(cluster, ref, options));
    if (typeof asked === "string") onGone(ref, asked);
    else if (asked) leaving.push(asked);
  });
  const endMs = Date.now() + patienceMs;
  await inTurns(leaving, async (each) => {
    const gone = awaitGone(cluster, each.found, { ...options, patienceMs: endMs - Date.now() });
    const isGone = await aboutOne(
      cluster,
      rest,
      gone.then(() => true),
    );
    if (isGone) onGone(each.ref, "deleted");
    else rest.leaving.push(each);
  });
  return rest;
}

/** What is in the way of this object alone is noted. @throws Problem that concerns all. */
async function aboutOne<T>(cluster: Cluster, { problems }: Rest, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    const problem = cluster.problemOf(error);
    if (!isAboutOne(problem)) throw problem;
    problems.push(problem);
    return undefined;
  }
}

/** Whether what is in the way of one object need not be in that of the others. */
export const isAboutOne = ({ reason }: Problem): boolean =>
  ["TakesLong", "Forbidden", "Refused"].includes(reason);

const SHOWN = 5;

function joined(problems: readonly Problem[]): Problem {
  const [{ reason }] = problems as [Problem];
  const more = problems.length > SHOWN ? `; and ${problems.length - SHOWN} more` : "";
  const texts = problems.slice(0, SHOWN).map(({ message }) => message);
  return new Problem(reason, texts.join("; ") + more, { isPassing: true });
}

/** Those of Kubernetes itself have no dot in their group, or end like this. */
const isCustom = ({ apiVersion = "v1" }: Deployed): boolean =>
  /^[^/]+\.[^/]+\//.test(apiVersion) && !/^[^/]+\.k8s\.io\//.test(apiVersion);

function wavesOf(refs: readonly Deployed[]): Deployed[][] {
  const last = refs.toReversed();
  const waves = [
    last.filter((ref) => isCustom(ref)),
    last.filter((ref) => !isCustom(ref) && !isContainer(ref)),
    last.filter((ref) => !isCustom(ref) && isContainer(ref)),
  ];
  return waves.filter((wave) => wave.length > 0);
}

/** Those that were applied, and are not any more. One that has no namespace has none wherever it is spoken of. */
export function dropped(before: readonly Deployed[], now: readonly Deployed[]): Deployed[] {
  const keys = new Set(now.map(keyOfRef));
  const global = new Set(now.filter(({ namespace }) => !namespace).map(keyOfRef));
  return before.filter((ref) => !keys.has(keyOfRef(ref)) && !global.has(keyOfRef({ ...ref, namespace: "" })));
}

/** Says what became of an object that is not wanted any more. */
export function tellRemoval(work: Work, ref: Deployed, how: Removal): void {
  if (how !== "absent") work.log.note(`${how}: ${textOfRef(ref)}`);
  const text = TEXTS[how];
  if (text) work.tell("Normal", how === "replaced" ? "NotOurs" : "Kept", `${textOfRef(ref)} ${text}`);
}

const TEXTS: Partial<Record<Removal, string>> = {
  kept: "is no longer wanted, is to be kept, and stays",
  left: `is no longer wanted, and stays with all that is in it: delete it with kubectl, or annotate it ${POLICY}=delete before`,
  replaced: "is no longer wanted, is not the one that was applied or another's since, and stays",
};
