import type { Condition, KubeObject, NamespacedName } from "../../apis/meta.ts";
import type { StatusOf } from "../../apis/kind.ts";
import type { AnyKind, Client, Clock } from "../../client/index.ts";
import { setCondition } from "./conditions.ts";

interface ReadyUpdate {
  kind: AnyKind;
  name: NamespacedName;
  ready: Pick<Condition, "status" | "reason" | "message">;
  clock?: Clock;
}

/** Sets the condition Ready of an object, if it still exists, and leaves the rest of its status. */
export async function setReady(client: Client, { kind, name, ready, clock }: ReadyUpdate): Promise<void> {
  const object = await client.get(kind, name);
  if (!object) return;
  const { status, metadata } = object as KubeObject;
  const { conditions } = (status ?? {}) as { conditions?: Condition[] };
  const observedGeneration = metadata.generation;
  const next = setCondition(conditions, { type: "Ready", ...ready, observedGeneration }, clock);
  const changed = { ...(status as object), conditions: next };
  await client.setStatus(kind, object, changed as StatusOf<AnyKind>);
}
