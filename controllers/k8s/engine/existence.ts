import { setTimeout as delay } from "node:timers/promises";
import type { Condition, KubeObject } from "../../../apis/meta.ts";
import { Backoff } from "../../../client/index.ts";
import { type Cluster, releaseOf } from "../cluster/index.ts";
import { Problem } from "../problem.ts";
import { type Deployed, textOfRef } from "./refs.ts";

/** How long it is waited for that something is there, or gone. */
export const PATIENCE_MS = 30_000;

/** Until when, and by whom it may be ended before. */
export interface Patience {
  readonly signal: AbortSignal;
  readonly patienceMs?: number;
}

/** Waits until a definition that was applied can be used. */
export async function awaitDefinition(
  cluster: Cluster,
  definition: KubeObject,
  patience: Patience,
): Promise<void> {
  const { apiVersion, kind, metadata } = definition;
  const isThere = async () => isEstablished(await cluster.read({ apiVersion, kind, name: metadata.name }));
  if (await until(isThere, patience)) return;
  throw new Problem("TakesLong", `${metadata.name} is not established`, { isPassing: true });
}

const conditionsOf = (object: KubeObject | undefined): Condition[] =>
  (object?.["status"] as { conditions?: Condition[] } | undefined)?.conditions ?? [];

const isEstablished = (definition: KubeObject | undefined): boolean =>
  conditionsOf(definition).some(({ type, status }) => type === "Established" && status === "True");

/** Waits until what is being deleted is gone, or another one is in its place. @throws Problem that says what holds it. */
export async function awaitGone(cluster: Cluster, ref: Deployed, patience: Patience): Promise<void> {
  let last: KubeObject | undefined;
  const isGone = async () => {
    last = await cluster.readAny(ref);
    return last?.metadata.uid !== ref.uid;
  };
  if (await until(isGone, patience)) return;
  throw new Problem("TakesLong", holdUpOf(cluster, ref, last), { isPassing: true });
}

function holdUpOf({ target }: Cluster, ref: Deployed, present: KubeObject | undefined): string {
  const finalizers = present?.metadata.finalizers ?? [];
  const left = conditionsOf(present)
    .filter(({ type, status }) => type.startsWith("Namespace") && status === "True")
    .map(({ message }) => message);
  const why = [
    ...(finalizers.length > 0 ? [`its finalizers ${finalizers.join(", ")} hold it`] : []),
    ...left,
  ];
  const text = `${textOfRef(ref)} is being deleted and still there`;
  if (finalizers.length === 0) return `${text}: ${why.join("; ") || "what it owns may hold it"}`;
  return `${text}: ${why.join("; ")}; start who takes them off, or, if that is gone for good: ${releaseOf(ref, target)}`;
}

/** Asks again until it is so. @returns whether it is. */
async function until(
  isSo: () => Promise<boolean>,
  { signal, patienceMs = PATIENCE_MS }: Patience,
): Promise<boolean> {
  const backoff = new Backoff({ initialMs: 50, maxMs: 1_000 });
  const endMs = Date.now() + patienceMs;
  while (!(await isSo())) {
    if (signal.aborted || Date.now() > endMs) return false;
    await delay(backoff.nextMs(), undefined, { signal }).catch(() => undefined);
  }
  return true;
}
