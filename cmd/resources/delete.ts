import { isReason } from "../../apis/errors.ts";
import type { KubeObject } from "../../apis/meta.ts";
import type { Session } from "../connect/session.ts";
import { namePath } from "../get/query.ts";
import type { TargetObject } from "./targets.ts";
import { watchType } from "./watch.ts";

export interface Deletion {
  propagationPolicy: "Background" | "Foreground" | "Orphan";
  gracePeriodSeconds?: number;
  dryRun?: "client" | "server";
}

/** Asks for the end of an object. It may live on for a while: finalizers hold it. */
export async function deleteTarget(
  session: Session,
  { type, namespace, object }: TargetObject,
  { dryRun, ...deletion }: Deletion,
): Promise<void> {
  if (dryRun === "client") return;
  const body = {
    apiVersion: "v1",
    kind: "DeleteOptions",
    ...deletion,
    ...(dryRun && { dryRun: ["All"] }),
  };
  await session.transport.request("DELETE", namePath(type, namespace, object.metadata.name), { body });
}

/** Resolves when the object is gone, or is another one of that name; with what holds it when `signal` is aborted. */
export async function waitUntilGone(
  session: Session,
  { type, namespace, object }: TargetObject,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { name, uid } = object.metadata;
  const current = await session.json<KubeObject>(namePath(type, namespace, name)).catch((error: unknown) => {
    if (isReason(error, "NotFound")) return undefined;
    throw error;
  });
  if (!current || (uid && current.metadata.uid !== uid)) return undefined;
  let last = current;
  const { resourceVersion } = current.metadata;
  const scope = { namespace, fieldSelector: `metadata.name=${name}`, resourceVersion, signal };
  for await (const change of watchType(session, type, scope)) {
    if (change.type === "DELETED" || change.object.metadata.uid !== current.metadata.uid) return undefined;
    last = change.object;
  }
  const { finalizers = [] } = last.metadata;
  return finalizers.length ? `held by ${finalizers.join(", ")}` : "not deleted yet";
}
