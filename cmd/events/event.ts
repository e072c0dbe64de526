import { ageOf } from "../../apis/duration.ts";
import type { KubeObject } from "../../apis/meta.ts";

/** An Event as the commands read it. */
export interface EventObject extends KubeObject {
  type?: string;
  reason?: string;
  message?: string;
  count?: number;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  series?: { count?: number; lastObservedTime?: string | null };
  source?: { component?: string };
  reportingComponent?: string;
  involvedObject?: { kind?: string; namespace?: string; name?: string; uid?: string };
}

/** When it was last seen. */
export const lastSeenMs = (event: EventObject): number =>
  Date.parse(
    event.series?.lastObservedTime ??
      event.lastTimestamp ??
      event.eventTime ??
      event.metadata.creationTimestamp ??
      "",
  ) || 0;

const firstSeenMs = (event: EventObject): number =>
  Date.parse(event.firstTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? "") || 0;

/** How long ago, and how often: `5s (x3 over 2m)`. */
export function seenText(event: EventObject, nowMs = Date.now()): string {
  const age = ageOf(nowMs - lastSeenMs(event));
  const count = event.series?.count ?? event.count ?? 1;
  return count > 1 ? `${age} (x${count} over ${ageOf(nowMs - firstSeenMs(event))})` : age;
}
