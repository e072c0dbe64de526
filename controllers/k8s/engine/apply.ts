import { StatusError } from "../../../apis/errors.ts";
import type { KubeObject } from "../../../apis/meta.ts";
import type { AnyKind, AnyObject } from "../../../client/index.ts";
import type { Cluster } from "../cluster/index.ts";
import { APPLIED_ANNOTATION, RESOURCE_LABEL } from "../manifests/index.ts";
import { Problem } from "../problem.ts";
import { awaitDefinition, remove } from "./existence.ts";
import { type Deployed, refOf, textOfRef } from "./refs.ts";

export interface ApplyOptions {
  readonly cluster: Cluster;
  /** An apply of the same was interrupted: what it has applied is not applied again. */
  readonly isResumed: boolean;
  readonly signal: AbortSignal;
  /** What was done, for people. */
  readonly tell: (text: string) => void;
}

/**
 * Applies objects one after the other, as server-side apply of our field manager. What the YAML says wins over what
 * others have set, as with `kubectl apply`.
 *
 * @throws Problem that names the object; those before it are applied.
 */
export async function applyAll(objects: readonly KubeObject[], options: ApplyOptions): Promise<Deployed[]> {
  const deployed: Deployed[] = [];
  for (const object of objects) {
    if (options.signal.aborted) throw new Problem("Interrupted", "it was interrupted", { isPassing: true });
    deployed.push(await applyOne(object, options));
  }
  return deployed;
}

async function applyOne(object: KubeObject, options: ApplyOptions): Promise<Deployed> {
  const { cluster, tell, signal } = options;
  try {
    const kind = await cluster.kindOf(object);
    const present = options.isResumed ? await appliedBefore(kind, object, cluster) : undefined;
    const applied = present ?? (await apply(kind, object, options));
    tell(`${present ? "was applied already" : "applied"}: ${textOfRef(refOf(applied))}`);
    if (kind.kind === "CustomResourceDefinition") await awaitDefinition(cluster, applied, signal);
    const hash = object.metadata.annotations?.[APPLIED_ANNOTATION];
    return { ...refOf(applied), uid: applied.metadata.uid ?? "", ...(hash && { hash }) };
  } catch (error) {
    throw about(object, cluster.problemOf(error));
  }
}

const about = (object: KubeObject, problem: Problem): Problem =>
  new Problem(problem.reason, `${object.kind}/${object.metadata.name}: ${problem.message}`, {
    isPassing: problem.isPassing,
    cause: problem.cause,
  });

/** As it is there, if just this has been applied. */
async function appliedBefore(
  kind: AnyKind,
  object: KubeObject,
  cluster: Cluster,
): Promise<KubeObject | undefined> {
  const present = (await cluster.client.get(kind, object.metadata)) as KubeObject | undefined;
  const hash = object.metadata.annotations?.[APPLIED_ANNOTATION];
  return present?.metadata.annotations?.[APPLIED_ANNOTATION] === hash ? present : undefined;
}

async function apply(kind: AnyKind, object: KubeObject, options: ApplyOptions): Promise<KubeObject> {
  try {
    return await patch(kind, object, options);
  } catch (error) {
    if (!isImmutable(error) || KEPT.includes(object.kind)) throw error;
    options.tell(`replacing ${textOfRef(refOf(object))}: ${(error as Error).message}`);
    const { cluster, signal } = options;
    await remove(cluster, refOf(object), { signal, owner: object.metadata.labels?.[RESOURCE_LABEL] ?? "" });
    return patch(kind, object, options);
  }
}

const patch = async (kind: AnyKind, object: KubeObject, { cluster }: ApplyOptions): Promise<KubeObject> =>
  await cluster.client.apply(kind, object as unknown as AnyObject, {
    force: true,
    fieldValidation: "Strict",
  });

/** What cannot be changed in place, such as the template of a Job, can be made anew. */
const isImmutable = (error: unknown): boolean =>
  error instanceof StatusError && error.code === 422 && /immutable|may not be changed/.test(error.message);

/** To make these anew would lose what is in them. */
const KEPT = ["Namespace", "PersistentVolume", "PersistentVolumeClaim", "CustomResourceDefinition"];
