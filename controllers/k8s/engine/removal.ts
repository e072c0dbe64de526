import { newTraceparent, nowMicro } from "../../runtime/index.ts";
import type { Cluster } from "../cluster/index.ts";
import type { Commander } from "./commanded.ts";
import type { Connection } from "./connect.ts";
import type { Leaving } from "./engine.ts";

import { tellAnew } from "./leaving.ts";
import { no } from "./observation.ts";
import { type Deployed, textOfRefs, union, without } from "./refs.ts";
import { removeAll, tellRemoval } from "./removing.ts";
import type { Work } from "./work.ts";

/** After that it is told what hangs, and asked again. */
const PATIENCE_MS = 5_000;

interface Removing {
  readonly leaving: Leaving;
  readonly signal: AbortSignal;
  readonly commander: Commander;
}

/**
 * Deletes all that was applied from the cluster that it was applied to.
 *
 * @throws Problem; what is gone by then is not remembered any more.
 */
export async function removeEverything(
  work: Work,
  connection: Connection,
  { leaving, signal, commander }: Removing,
): Promise<void> {
  const { applyingInputHash, ...facts } = work.facts;
  const deployed = union(facts.deployed ?? [], facts.dropped ?? []);
  await commander.end("apply", signal);
  const mayHold = leaving.spec.deleteCommand !== undefined && applyingInputHash !== undefined;
  if (deployed.length > 0 || mayHold) {
    const count = deployed.length === 1 ? "1 object" : `${deployed.length} objects`;
    // What was in the way before is told until it is not any more.
    if (work.observation.state !== "Deleting") work.enter("Deleting", `deleting ${count}`);
    const cluster = await connection.reopen(leaving.spec, leaving.home);
    if (!cluster) {
      tellAnew(work, deployed);
      return forget(work);
    }
    try {
      // Whoever is told to keep it all after all applies it again.
      work.see({ appliedInputHash: undefined });
      await work.written(signal);
      if (leaving.spec.deleteCommand) {
        await beginLeaving(work, signal);
        await commander.remove({ cluster, order: leaving, signal });
        work.see({ deployed: undefined, dropped: undefined });
        work.tell("Normal", "Deleted", "spec.deleteCommand has deleted what was applied");
      } else await removeOneByOne(work, cluster, signal);
    } catch (error) {
      throw cluster.problemOf(error);
    }
  }
  forget(work);
}

async function removeOneByOne(work: Work, cluster: Cluster, signal: AbortSignal): Promise<void> {
  const { deployed = [], dropped } = work.facts;
  work.see({ deployed: union(deployed, dropped ?? []), dropped: undefined });
  const gone: Deployed[] = [];
  await removeAll(cluster, work.facts.deployed ?? [], {
    signal,
    owner: work.owner,
    patienceMs: PATIENCE_MS,
    onGone(ref, how) {
      work.see({ deployed: without(work.facts.deployed ?? [], [ref]) });
      tellRemoval(work, ref, how);
      if (how === "deleted") gone.push(ref);
    },
  });
  if (gone.length > 0) work.tell("Normal", "Deleted", `deleted ${textOfRefs(gone)}`);
}

/** By the cause a command is known to have run already, whatever interrupts it. */
async function beginLeaving(work: Work, signal: AbortSignal): Promise<void> {
  if (work.facts.cause?.type === "Stop") return;
  const message = "what was applied is to be deleted";
  work.see({ cause: { type: "Stop", message, time: nowMicro(), traceparent: newTraceparent() } });
  await work.written(signal);
}

/** As if nothing had ever been applied. */
function forget(work: Work): void {
  work.see({
    deployed: undefined,
    dropped: undefined,
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
  work.judge("Pruned", undefined);
  work.judge("LeftBehind", undefined);
  work.judge("JobComplete", undefined);
}
