import { setTimeout as delay } from "node:timers/promises";
import type { Condition, KubeObject } from "../../../apis/meta.ts";
import { Backoff } from "../../../client/index.ts";
import type { Cluster } from "../cluster/index.ts";
import { APPLIED_ANNOTATION, RESOURCE_LABEL } from "../manifests/index.ts";
import { Problem } from "../problem.ts";
import { type Deployed, keyOfRef, textOfRef } from "./refs.ts";

/** How long it is waited for that something is there, or gone. */
const PATIENCE_MS = 30_000;

/** On an object, as annotation or label: it stays when what has applied it goes. Helm's is honoured too. */
const POLICIES: readonly (readonly [name: string, value: string])[] = [
  ["tiltish.dev/down-policy", "keep"],
  ["helm.sh/resource-policy", "keep"],
];

export const isKept = ({ metadata }: Pick<KubeObject, "metadata">): boolean =>
  POLICIES.some(
    ([name, value]) => metadata.annotations?.[name] === value || metadata.labels?.[name] === value,
  );

/** Waits until a definition that was applied can be used. */
export const awaitDefinition = (
  cluster: Cluster,
  definition: KubeObject,
  signal: AbortSignal,
): Promise<void> =>
  until(async () => isEstablished(await cluster.read(refTo(definition))), {
    signal,
    what: `${definition.metadata.name} is not established`,
  });

const refTo = ({ apiVersion, kind, metadata }: KubeObject) => ({ apiVersion, kind, name: metadata.name });

const isEstablished = (definition: KubeObject | undefined): boolean =>
  ((definition?.["status"] as { conditions?: Condition[] } | undefined)?.conditions ?? []).some(
    ({ type, status }) => type === "Established" && status === "True",
  );

/** What became of an object that was to be deleted. */
export type Removal = "deleted" | "absent" | "kept" | "replaced";

/**
 * Deletes an object, and waits until it is gone. One that is to be kept, or that is no longer the one that was applied,
 * stays.
 */
export async function remove(
  cluster: Cluster,
  ref: Deployed,
  { signal, owner }: { signal: AbortSignal; owner: string },
): Promise<Removal> {
  const present = await cluster.read(ref).catch(absentIfUnknown);
  if (!present) return "absent";
  if (isKept(present)) return "kept";
  // What was only about to be applied may be somebody else's.
  const isSame = ref.uid ? present.metadata.uid === ref.uid : hasMark(present);
  // Another K8sResource may have applied it since: it is that one's now.
  const isOurs = isSame && (present.metadata.labels?.[RESOURCE_LABEL] ?? owner) === owner;
  if (!isOurs) return "replaced";
  const kind = await cluster.kindOf(ref);
  const { uid } = present.metadata;
  await cluster.client.delete(kind, present.metadata, {
    propagationPolicy: "Background",
    ...(uid && { preconditions: { uid } }),
  });
  await until(async () => (await cluster.read(ref))?.metadata.uid !== uid, {
    signal,
    what: `${textOfRef(ref)} is being deleted and still there: its finalizers (${present.metadata.finalizers?.join(", ") ?? "none"}) or those of what it owns hold it`,
  });
  return "deleted";
}

const hasMark = ({ metadata }: KubeObject): boolean =>
  metadata.annotations?.[APPLIED_ANNOTATION] !== undefined;

/** What is of a kind that there is no more is gone with it. */
function absentIfUnknown(error: unknown): undefined {
  if (error instanceof Problem && error.reason === "UnknownKind") return undefined;
  throw error;
}

interface RemoveAll {
  readonly signal: AbortSignal;
  /** Value of the label of whose it is; what bears another one stays. */
  readonly owner: string;
  /** What need not be remembered any more. */
  readonly onGone: (ref: Deployed, how: Removal) => void;
}

/** Deletes what was applied, the last first. */
export async function removeAll(
  cluster: Cluster,
  refs: readonly Deployed[],
  { signal, owner, onGone }: RemoveAll,
): Promise<void> {
  for (const ref of refs.toReversed()) onGone(ref, await remove(cluster, ref, { signal, owner }));
}

/** Those that were applied, and are not any more. One that has no namespace has none wherever it is spoken of. */
export function dropped(before: readonly Deployed[], now: readonly Deployed[]): Deployed[] {
  const keys = new Set(now.map(keyOfRef));
  const global = new Set(now.filter(({ namespace }) => !namespace).map(keyOfRef));
  return before.filter((ref) => !keys.has(keyOfRef(ref)) && !global.has(keyOfRef({ ...ref, namespace: "" })));
}

async function until(
  isSo: () => Promise<boolean>,
  { signal, what }: { signal: AbortSignal; what: string },
): Promise<void> {
  const backoff = new Backoff({ initialMs: 50, maxMs: 1_000 });
  const endMs = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (signal.aborted || Date.now() > endMs) throw new Problem("TakesLong", what, { isPassing: true });
    await delay(backoff.nextMs(), undefined, { signal }).catch(() => undefined);
  }
}
