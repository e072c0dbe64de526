import type { Connection } from "./connect.ts";
import type { Leaving } from "./engine.ts";
import { removeAll } from "./existence.ts";
import { no } from "./observation.ts";
import { textOfRef, without } from "./refs.ts";
import type { Work } from "./work.ts";

interface Removing {
  readonly leaving: Leaving;
  readonly signal: AbortSignal;
}

/**
 * Deletes all that was applied from the cluster that it was applied to.
 *
 * @throws Problem; what is gone by then is not remembered any more.
 */
export async function removeEverything(
  work: Work,
  connection: Connection,
  { leaving, signal }: Removing,
): Promise<void> {
  const { deployed = [] } = work.facts;
  if (deployed.length > 0) {
    work.enter("Deleting", `deleting ${deployed.length} objects`);
    const cluster = await connection.reopen(leaving.spec, leaving.home);
    try {
      await removeAll(cluster, deployed, {
        signal,
        onGone(ref, how) {
          work.see({ deployed: without(work.facts.deployed ?? [], [ref]) });
          if (how !== "absent") work.log.note(`${how}: ${textOfRef(ref)}`);
          if (how === "kept") work.tell("Normal", "Kept", `${textOfRef(ref)} is to be kept, and stays`);
        },
      });
    } catch (error) {
      throw cluster.problemOf(error);
    }
    work.tell("Normal", "Deleted", `deleted ${deployed.slice(0, 10).map(textOfRef).join(", ")}`);
  }
  forget(work);
}

/** As if nothing had ever been applied. */
function forget(work: Work): void {
  work.see({
    deployed: undefined,
    deployedUIDs: undefined,
    deployedPodTemplateSpecHashes: undefined,
    podAncestorUID: undefined,
    applied: undefined,
    appliedInputHash: undefined,
    applyingInputHash: undefined,
    error: undefined,
    pods: undefined,
    loadBalancers: undefined,
    portForwards: undefined,
    target: undefined,
  });
  work.judge("Applied", no("Deleted", "nothing is applied"));
  work.judge("PodsReady", undefined);
  work.judge("JobComplete", undefined);
}
