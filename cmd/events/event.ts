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

export const firstSeenMs = (event: EventObject): number =>
  Date.parse(event.firstTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? "") || 0;

export const countOf = (event: EventObject): number => event.series?.count ?? event.count ?? 1;
