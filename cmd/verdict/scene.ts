import type { KubeObject } from "../../apis/meta.ts";
import type { Session } from "../connect/session.ts";
import { listType, runnableTypes, typeMetaOf } from "../resources/runnables.ts";
import type { ResourceType } from "../resources/types.ts";
import { watchType } from "../resources/watch.ts";

/** The objects of our kinds, kept up to date. */
export interface Scene {
  objects(): KubeObject[];
  /** Resolves at the next change, or at that time. */
  changedOr(timeMs: number): Promise<void>;
}

/** What comes together is looked at together. */
const COLLECT_MS = 20;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const nothing = () => undefined;

/** Lists all kinds of ours that run something, then follows them until `signal` is aborted. */
export async function openScene(session: Session, signal: AbortSignal): Promise<Scene> {
  const objects = new Map<string, KubeObject>();
  let wake: () => void = nothing;
  const follow = async (type: ResourceType) => {
    const listed = await listType(session, type);
    for (const object of listed.objects) objects.set(`${object.metadata.uid}`, object);
    const { resourceVersion } = listed;
    void (async () => {
      for await (const { type: change, object } of watchType(session, type, { resourceVersion, signal })) {
        if (change === "DELETED") objects.delete(`${object.metadata.uid}`);
        else objects.set(`${object.metadata.uid}`, { ...typeMetaOf(type), ...object });
        wake();
      }
    })().catch(() => wake());
  };
  signal.addEventListener("abort", () => wake(), { once: true });
  await Promise.all((await runnableTypes(session)).map(follow));
  return {
    objects: () => [...objects.values()],
    changedOr: (timeMs) =>
      new Promise((resolve) => {
        const delayMs = Math.min(Math.max(0, timeMs - Date.now()), LONGEST_TIMER_MS);
        const timer = setTimeout(resolve, delayMs);
        wake = () => {
          clearTimeout(timer);
          setTimeout(resolve, COLLECT_MS);
        };
      }),
  };
}
