import { isReason } from "../../apis/errors.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { say } from "../cli/io.ts";
import { sanitize } from "../cli/sanitize.ts";
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

/** What is gone by then needs no words. */
const TELL_AFTER_MS = 3_000;

/**
 * Resolves when the object is gone, or is another one of that name; with what holds it when `signal` is aborted. What
 * its controller says meanwhile is told: nobody waits for ever without knowing what for.
 */
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
  const beginMs = performance.now();
  const { resourceVersion } = current.metadata;
  const scope = { namespace, fieldSelector: `metadata.name=${name}`, resourceVersion, signal };
  for await (const change of watchType(session, type, scope)) {
    if (change.type === "DELETED" || change.object.metadata.uid !== current.metadata.uid) return undefined;
    const message = messageOf(change.object);
    const isNews = message !== messageOf(last) && performance.now() - beginMs > TELL_AFTER_MS;
    if (message && isNews) say(`waiting for ${name} to go: ${message}`);
    last = change.object;
  }
  return holdUpOf(last);
}

function holdUpOf(object: KubeObject): string {
  const { finalizers = [] } = object.metadata;
  const message = messageOf(object);
  if (finalizers.length === 0) return "not deleted yet";
  return `held by ${finalizers.join(", ")}${message && `: ${message}`}`;
}

function messageOf({ status }: KubeObject): string {
  const { message } = (status ?? {}) as { message?: unknown };
  return typeof message === "string" ? sanitize(message) : "";
}
