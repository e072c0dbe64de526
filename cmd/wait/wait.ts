import { isReason } from "../../apis/errors.ts";
import type { KubeObject } from "../../apis/meta.ts";
import type { Session } from "../connect/session.ts";
import { namePath } from "../get/query.ts";
import type { ResourceType } from "../resources/types.ts";
import { watchType } from "../resources/watch.ts";
import type { Goal } from "./goal.ts";

export interface Awaited {
  type: ResourceType;
  /** Empty for a cluster-scoped one. */
  namespace: string;
  name: string;
}

/** Resolves when the object is as wanted; with the reason why it is not when `signal` is aborted. */
export async function waitFor(
  session: Session,
  { type, namespace, name }: Awaited,
  goal: Goal,
  signal: AbortSignal,
): Promise<string | undefined> {
  let current = await read(session, namePath(type, namespace, name));
  if (goal.isMet(current)) return undefined;
  const scope = {
    namespace,
    fieldSelector: `metadata.name=${name}`,
    resourceVersion: current?.metadata.resourceVersion,
    signal,
  };
  for await (const change of watchType(session, type, scope)) {
    current = change.type === "DELETED" ? undefined : change.object;
    if (goal.isMet(current)) return undefined;
  }
  return goal.reason(current);
}

async function read(session: Session, path: string): Promise<KubeObject | undefined> {
  try {
    return await session.json<KubeObject>(path);
  } catch (error) {
    if (isReason(error, "NotFound")) return undefined;
    throw error;
  }
}
