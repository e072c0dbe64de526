import type { CFAppSync } from "../../apis/v1alpha1/index.ts";
import { nowMicro } from "../runtime/index.ts";
import type { Settings } from "./engine/settings.ts";
import type { Syncer } from "./engine/syncer.ts";
import type { SyncLog } from "./log.ts";
import { SeenEvents } from "./inputs/files.ts";

/** What this tiltish remembers of one object. What must survive it is in the status. */
export interface Entry {
  readonly uid: string;
  readonly syncer: Syncer;
  readonly log: SyncLog;
  readonly events: SeenEvents;
  /** Of the manifest and its variables. */
  readonly manifestEvents: SeenEvents;
  /** FileWatches and the LocalResource that it listens to. */
  listensTo: ReadonlySet<string>;
  /** The request that was acted on last. */
  trigger: string | undefined;
  /** Builds and dependencies from before this have been taken in. */
  buildTime: string;
  dependencyTime: string;
  /** It was stopped by hand. */
  stopped: NonNullable<CFAppSync["status"]>["stopped"];
  /** Of what runs. */
  settings?: Settings | undefined;
  /** What was told last of what it waits for. */
  waitsFor?: string | undefined;
  toldDisabled?: number | undefined;
}

export function entryOf(
  { metadata, status }: CFAppSync,
  { syncer, log }: Pick<Entry, "syncer" | "log">,
): Entry {
  const since = nowMicro();
  return {
    uid: metadata.uid ?? "",
    syncer,
    log,
    events: new SeenEvents(since),
    manifestEvents: new SeenEvents(since),
    listensTo: new Set(),
    trigger: status?.observedTrigger,
    buildTime: since,
    dependencyTime: since,
    stopped: status?.stopped,
  };
}
