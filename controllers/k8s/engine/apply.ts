import type { KubeObject } from "../../../apis/meta.ts";
import type { AnyKind, AnyObject } from "../../../client/index.ts";
import { type Cluster, deletionOf } from "../cluster/index.ts";
import { APPLIED_ANNOTATION, withoutSecrets } from "../manifests/index.ts";
import { interrupted, Problem } from "../problem.ts";
import { awaitDefinition, awaitGone } from "./existence.ts";
import { isImmutable } from "./immutable.ts";
import { isOurs, ownerIn } from "./policy.ts";
import { type Deployed, refOf, textOfRef } from "./refs.ts";
import { remove } from "./removing.ts";
import type { Work } from "./work.ts";

export interface ApplyOptions {
  readonly work: Work;
  readonly cluster: Cluster;
  /** An apply of the same was interrupted: what it has applied is not applied again. */
  readonly isResumed: boolean;
  readonly signal: AbortSignal;
}

/** An object that another K8sResource had applied. */
export interface Taken {
  readonly ref: Deployed;
  readonly from: string;
}

interface Outcome {
  readonly deployed: Deployed;
  readonly from: string | undefined;
}

/**
 * Applies objects one after the other, as server-side apply of our field manager. What the YAML says wins over what
 * others have set, as with `kubectl apply`.
 *
 * @throws Problem that names the object; those before it are applied.
 */
export async function applyAll(
  objects: readonly KubeObject[],
  options: ApplyOptions,
): Promise<{ deployed: Deployed[]; taken: Taken[] }> {
  const outcomes: Outcome[] = [];
  for (const object of objects) {
    if (options.signal.aborted) throw interrupted();
    outcomes.push(await applyOne(object, options));
  }
  return {
    deployed: outcomes.map(({ deployed }) => deployed),
    taken: outcomes.flatMap(({ deployed: ref, from }) => (from === undefined ? [] : [{ ref, from }])),
  };
}

async function applyOne(object: KubeObject, options: ApplyOptions): Promise<Outcome> {
  const { cluster, work, signal } = options;
  try {
    const kind = await cluster.kindOf(object);
    const present = await presentOf(object, options);
    const before = present && ownerIn(present);
    const isThere = options.isResumed && present !== undefined && isAppliedBefore(present, object, work);
    const applied = isThere ? present : await apply(kind, object, options);
    if (!isThere) work.log.note(`applied: ${textOfRef(refOf(applied))}`);
    if (kind.kind === "CustomResourceDefinition") await awaitDefinition(cluster, applied, { signal });
    const hash = object.metadata.annotations?.[APPLIED_ANNOTATION];
    const isTaken = before !== undefined && present && !isOurs(present, refOf(present), work.owner);
    return {
      deployed: { ...refOf(applied), uid: applied.metadata.uid ?? "", ...(hash && { hash }) },
      from: isTaken ? before : undefined,
    };
  } catch (error) {
    throw about(object, cluster.problemOf(error));
  }
}

const about = (object: KubeObject, { reason, message, isPassing }: Problem): Problem =>
  new Problem(reason, `${object.kind}/${object.metadata.name}: ${withoutSecrets(message, object)}`, {
    isPassing,
  });

/** As it is there. One that is on its way out would take with it what is applied now. */
async function presentOf(
  object: KubeObject,
  { cluster, signal }: ApplyOptions,
): Promise<KubeObject | undefined> {
  const present = await cluster.read(refOf(object));
  if (present?.metadata.deletionTimestamp === undefined) return present;
  await awaitGone(cluster, { ...refOf(present), uid: present.metadata.uid ?? "" }, { signal });
  return undefined;
}

/** Just this has been applied, and by us. */
const isAppliedBefore = (present: KubeObject, { metadata }: KubeObject, { owner }: Work): boolean =>
  present.metadata.annotations?.[APPLIED_ANNOTATION] === metadata.annotations?.[APPLIED_ANNOTATION] &&
  isOurs(present, refOf(present), owner);

async function apply(kind: AnyKind, object: KubeObject, options: ApplyOptions): Promise<KubeObject> {
  try {
    return await patch(kind, object, options);
  } catch (error) {
    if (!isImmutable(error)) throw error;
    await makeRoom(object, options, error as Error);
    return patch(kind, object, options);
  }
}

const patch = async (kind: AnyKind, object: KubeObject, { cluster }: ApplyOptions): Promise<KubeObject> =>
  await cluster.client.apply(kind, object as unknown as AnyObject, {
    force: true,
    fieldValidation: "Strict",
  });

/** What cannot be changed in place is deleted, to be made anew; unless what is in it would be lost. */
async function makeRoom(
  object: KubeObject,
  { cluster, work, signal }: ApplyOptions,
  why: Error,
): Promise<void> {
  const present = await cluster.read(refOf(object));
  const ref = { ...refOf(present ?? object), uid: uidBefore(present, work) };
  const message = `${textOfRef(ref)} cannot be changed in place (${withoutSecrets(firstLine(why.message), object)})`;
  let obstacle = "what is in it would be lost";
  if (!KEPT.includes(object.kind)) {
    const how = await remove(cluster, ref, { signal, owner: work.owner });
    if (how === "deleted") work.tell("Normal", "Replaced", `${message}, was deleted, and is made anew`);
    if (how === "deleted" || how === "absent") return;
    obstacle = how === "replaced" ? "was applied by somebody else" : "is to be kept";
  }
  const next = `set it back as it was, or delete it yourself: ${deletionOf([ref], cluster.target)}`;
  throw new Problem("Immutable", `${message}, and ${obstacle}: ${next}`);
}

/** The uid by which it was applied before, if it is still that one. Others may have put there what has its name. */
function uidBefore(present: KubeObject | undefined, { facts }: Work): string {
  const { uid } = present?.metadata ?? {};
  return uid !== undefined && facts.deployed?.some((ref) => ref.uid === uid) ? uid : "";
}

const firstLine = (text: string): string => text.split("\n", 1)[0]!;

const KEPT = ["Namespace", "PersistentVolume", "PersistentVolumeClaim", "CustomResourceDefinition"];
