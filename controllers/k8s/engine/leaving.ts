import { interrupted } from "../problem.ts";
import { type Cluster, type Clusters, deletionOf } from "../cluster/index.ts";
import { resolveTarget } from "../target/index.ts";
import { isSameCluster, type Place } from "./identity.ts";
import { type Deployed, textOfRefs, union, without } from "./refs.ts";
import { type Removal, removeAll, tellRemoval } from "./removing.ts";
import type { Work } from "./work.ts";

interface Leave {
  readonly clusters: Clusters;
  /** Where everything is to be from now on. */
  readonly next: Place;
  readonly home: string;
  readonly signal: AbortSignal;
}

/** What was applied elsewhere is deleted there. What cannot be is told, with the command that does it. */
export async function leavePlace(work: Work, leave: Leave): Promise<void> {
  const { target: before, deployed = [], dropped = [] } = work.facts;
  const refs = union(deployed, dropped);
  if (!before || refs.length === 0 || isSameCluster(before, leave.next)) return;
  // By another context, another cluster may have the same address: tunnels and gateways have many behind one.
  if (before.server === leave.next.server && before.context === leave.next.context) tellAnew(work, refs);
  else await removeThere(work, { before, refs }, leave);
  work.see({
    deployed: undefined,
    dropped: undefined,
    deployedUIDs: undefined,
    appliedInputHash: undefined,
    pods: undefined,
  });
}

/** With the cluster everything in it is gone. */
export function tellAnew(work: Work, refs: readonly Deployed[]): void {
  work.tell(
    "Normal",
    "ClusterAnew",
    `the cluster was made anew; with the one before it are gone ${textOfRefs(refs)}`,
  );
}

interface There {
  readonly before: Place;
  readonly refs: readonly Deployed[];
}

async function removeThere(work: Work, there: There, leave: Leave): Promise<void> {
  const { left, why } = await removeFrom(work, there, leave);
  if (leave.signal.aborted) throw interrupted();
  if (left.length > 0) tellLeft(work, left, { before: there.before, why });
}

async function removeFrom(
  work: Work,
  { before, refs }: There,
  { clusters, home, signal }: Leave,
): Promise<{ left: readonly Deployed[]; why: string }> {
  let left = refs;
  let cluster: Cluster | undefined;
  try {
    cluster = clusters.acquire(await resolveTarget(before, home));
    const { server } = cluster.target;
    if (!isSameCluster(before, { server, uid: await cluster.uid() }))
      return { left, why: `the context ${before.context} leads to another cluster now` };
    const onGone = (ref: Deployed, how: Removal) => {
      left = without(left, [ref]);
      tellRemoval(work, ref, how);
    };
    await removeAll(cluster, refs, { signal, owner: work.owner, onGone });
    return { left, why: "" };
  } catch (error) {
    const { message } = cluster?.problemOf(error) ?? (error as Error);
    return { left, why: message };
  } finally {
    if (cluster) clusters.release(cluster);
  }
}

/** Nobody but the user can do anything about it: it is told until it is asked for something new. */
function tellLeft(
  work: Work,
  left: readonly Deployed[],
  { before, why }: { before: Place; why: string },
): void {
  const { context = "", server, kubeconfig } = before;
  const command = deletionOf(left, { context, kubeconfig });
  const message = `${textOfRefs(left)} were applied to ${server} (context ${context}) and stay there, for ${why}; if that cluster is still in use: ${command}`;
  work.log.note(`left behind: ${message}`);
  work.tell("Warning", "LeftBehind", message);
  work.judge("LeftBehind", { status: "True", reason: "LeftBehind", message });
}
