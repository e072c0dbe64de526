import { Event } from "../../apis/core/index.ts";
import { systemClock, type Clock } from "../../client/index.ts";
import { defineController, type Controller } from "../runtime/index.ts";

interface ExpiryOptions {
  clock?: Clock;
  /** Since an Event was last seen. */
  ttlMs?: number;
}

const HOUR_MS = 3_600_000;

/** Deletes Events that nobody has seen again for an hour, as Kubernetes does. */
export const eventExpiryController = ({
  clock = systemClock,
  ttlMs = HOUR_MS,
}: ExpiryOptions = {}): Controller =>
  defineController({
    name: "event-expiry",
    for: Event,
    async reconcile(name, { client }) {
      const event = await client.get(Event, name);
      if (!event) return undefined;
      const leftMs = lastSeenMs(event, clock.now()) + ttlMs - clock.now();
      if (leftMs > 0) return { requeueAfterMs: leftMs };
      const { uid, resourceVersion } = event.metadata;
      await client.delete(Event, name, { preconditions: { uid, resourceVersion } });
      return undefined;
    },
  });

/** One without any time is new, for all we know. */
function lastSeenMs({ series, lastTimestamp, eventTime, metadata }: Event, nowMs: number): number {
  const times = [series?.lastObservedTime, lastTimestamp, eventTime, metadata.creationTimestamp];
  const seen = times
    .map((time) => (time ? Date.parse(time) : Number.NaN))
    .filter((time) => !Number.isNaN(time));
  return seen.length > 0 ? Math.max(...seen) : nowMs;
}
