import type { KubeObject } from "../../../apis/meta.ts";
import type { Cause } from "../../../apis/v1alpha1/index.ts";
import { newTraceparent, nowMicro, withoutInputs } from "../../runtime/index.ts";
import type { Cluster } from "../cluster/index.ts";
import { podTemplatesIn } from "../manifests/index.ts";
import type { Problem } from "../problem.ts";
import type { Taken } from "./apply.ts";
import type { Inputs } from "./inputs.ts";
import { no, yes } from "./observation.ts";
import type { Order } from "./order.ts";
import { type Deployed, refOf, textOfRef, textOfRefs, union } from "./refs.ts";
import { dropped } from "./removing.ts";
import { nameOfOwner } from "./policy.ts";
import type { Work } from "./work.ts";

/** What was applied, and as what. */
export interface Applied {
  readonly deployed: readonly Deployed[];
  /** uid of the first of them that pods are made from. */
  readonly ancestor: string | undefined;
  /** Those of them that another K8sResource had applied. */
  readonly taken: readonly Taken[];
}

export interface Applying {
  readonly cluster: Cluster;
  readonly order: Order;
  readonly signal: AbortSignal;
  /** What is to be there, as far as that is known before; and what says when it is the same. */
  readonly inputs: Inputs;
  /** `isResumed`: an apply of the same was interrupted. */
  readonly deploy: (isResumed: boolean) => Promise<Applied>;
  /** Somebody asks for it now. */
  readonly isAsked: boolean;
}

/**
 * Applies what is to be there. What is not to be there any more is to be deleted after that.
 *
 * What is about to be applied is in the status before anything is: whatever interrupts it, nothing is forgotten, and
 * what was applied is known by its mark and not applied again.
 *
 * @throws Problem; nothing is deleted then.
 */
export async function applyInputs(work: Work, applying: Applying): Promise<void> {
  const { inputs, cluster, signal, deploy } = applying;
  const { applyingInputHash, appliedInputHash } = work.facts;
  const isResumed = applyingInputHash === inputs.hash;
  // Who asked for one more apply of the same wants all of it.
  const isNew = appliedInputHash !== inputs.hash;
  begin(work, applying, isResumed);
  await work.written(signal);
  try {
    const applied = await deploy(isResumed && isNew);
    finish(work, applied, applying);
  } catch (error) {
    const problem = cluster.problemOf(error);
    if (!signal.aborted) fail(work, problem);
    throw problem;
  }
}

function begin(work: Work, { inputs, order, cluster, isAsked }: Applying, isResumed: boolean): void {
  const intended = inputs.objects.map((object) => {
    const ref = refOf(object);
    return ref.namespace ? ref : { ...ref, namespace: cluster.target.namespace };
  });
  const { deployed = [], lastApplyStartTime, cause } = work.facts;
  if (isAsked) work.judge("LeftBehind", undefined);
  const isRetry = isResumed && lastApplyStartTime !== undefined;
  // What is tried again by itself is told when it comes to another end.
  if (!isResumed || isAsked || work.observation.state !== "Failed")
    work.enter("Applying", `applying to ${cluster.target.context}`);
  work.see({
    applyingInputHash: inputs.hash,
    // Until it is done, what is there is neither the one nor the other: whoever goes back applies it again.
    ...(work.facts.appliedInputHash !== inputs.hash && { appliedInputHash: undefined }),
    deployed: union(deployed, intended),
    lastApplyStartTime: isRetry ? lastApplyStartTime : nowMicro(),
    ...(order.eventTime && { observedEventTime: order.eventTime }),
    ...(order.ask?.trigger !== undefined && { observedTrigger: order.ask.trigger }),
    // What goes on has the cause that it had: by it a command is known not to be run again.
    cause: isRetry && cause && !order.ask ? cause : withoutInputs(causeOf(work, order)),
  });
}

function causeOf({ facts }: Work, { ask, files }: Order): Cause {
  const time = nowMicro();
  if (ask) return ask.cause;
  if (!facts.hasEverDeployedSuccessfully && !facts.cause)
    return { type: "Created", message: "it was created", time, traceparent: newTraceparent() };
  if (files && files.time !== facts.cause?.time) return files;
  return {
    type: "SpecChange",
    message: "what is to be applied has changed",
    time,
    traceparent: newTraceparent(),
  };
}

function finish(work: Work, { deployed, ancestor, taken }: Applied, { inputs }: Applying): void {
  const count = deployed.length;
  const before = union(work.facts.deployed ?? [], work.facts.dropped ?? []);
  const gone = dropped(before, deployed);
  const uids = deployed.flatMap(({ uid }) => uid || []);
  work.see({
    deployed: [...deployed],
    dropped: gone.length > 0 ? gone : undefined,
    deployedUIDs: uids,
    deployedPodTemplateSpecHashes: [...inputs.templates],
    podAncestorUID: ancestor,
    applied: count,
    appliedInputHash: inputs.hash,
    applyingInputHash: undefined,
    error: undefined,
    lastApplyTime: nowMicro(),
    hasEverDeployedSuccessfully: true,
  });
  const conflict = conflictIn(taken);
  work.judge("Applied", yes("Applied", textOfApplied(count) + (conflict && `; ${conflict}`)));
  if (conflict) work.tell("Warning", "TakenOver", conflict);
  // What is known of pods is about those of before.
  work.judge("PodsReady", undefined);
  work.enter("Applied");
  work.tell("Normal", "Applied", `applied ${textOfRefs(deployed)}`);
}

/** Two that keep one object would take it from each other for ever, and nobody would know why. */
function conflictIn(taken: readonly Taken[]): string {
  if (taken.length === 0) return "";
  const names = taken.slice(0, 5).map(({ ref, from }) => `${textOfRef(ref)} (of ${nameOfOwner(from)})`);
  const more = taken.length > 5 ? ` and ${taken.length - 5} more` : "";
  return `another K8sResource had applied ${names.join(", ")}${more}: if it still does, here or in another tiltish, take it out of one of them`;
}

export const textOfApplied = (count: number): string =>
  count === 1 ? "1 object is applied" : `${count} objects are applied`;

/** uid of the first that pods are made from. */
export function ancestorIn(
  objects: readonly KubeObject[],
  deployed: readonly Deployed[],
): string | undefined {
  const index = objects.findIndex((object) => podTemplatesIn(object).length > 0);
  return deployed[index]?.uid;
}

/** That nothing new is applied, and why. */
export function fail(work: Work, { reason, message }: Problem): void {
  if (work.facts.error !== message) work.log.note(`not applied: ${message}`);
  work.see({ error: message });
  work.judge("Applied", no(reason, message));
}
