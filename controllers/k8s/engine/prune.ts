import type { Cluster } from "../cluster/index.ts";
import { no } from "./observation.ts";
import { type Deployed, textOfRefs, without } from "./refs.ts";
import { isAboutOne, removeAll, tellRemoval } from "./removing.ts";
import type { Work } from "./work.ts";

/** What was saved meanwhile does not wait for finalizers. */
const PATIENCE_MS = 2_000;

/**
 * Deletes what was applied once and is not wanted any more. What hangs is told, and asked for again later: what is
 * wanted is there nonetheless.
 *
 * @throws Problem if the cluster does not answer.
 */
export async function prune(work: Work, cluster: Cluster, signal: AbortSignal): Promise<void> {
  const { dropped = [] } = work.facts;
  if (dropped.length === 0) return work.judge("Pruned", undefined);
  const deleted: Deployed[] = [];
  try {
    await removeAll(cluster, dropped, {
      signal,
      owner: work.owner,
      patienceMs: PATIENCE_MS,
      onGone(ref, how) {
        const left = without(work.facts.dropped ?? [], [ref]);
        work.see({ dropped: left.length > 0 ? left : undefined });
        tellRemoval(work, ref, how);
        if (how === "deleted") deleted.push(ref);
      },
    });
    work.judge("Pruned", undefined);
  } catch (error) {
    const problem = cluster.problemOf(error);
    if (!isAboutOne(problem)) throw problem;
    const isTold = work.observation.verdicts.Pruned?.message === problem.message;
    if (!isTold) work.tell("Warning", problem.reason, problem.message);
    work.judge("Pruned", no(problem.reason, problem.message));
  } finally {
    if (deleted.length > 0)
      work.tell("Normal", "Pruned", `no longer wanted, and deleted: ${textOfRefs(deleted)}`);
  }
}
