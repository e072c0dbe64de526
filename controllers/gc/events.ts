import { isReason } from "../../apis/errors.ts";
import { Event } from "../../apis/core/index.ts";
import type { NamespacedName } from "../../apis/meta.ts";
import { keyOf, systemClock, type Client, type Clock } from "../../client/index.ts";
import { defineController, type Controller } from "../runtime/index.ts";

interface ExpiryOptions {
  clock?: Clock;
  /** Since an Event was last seen. */
  ttlMs?: number;
  /** How many are kept at most. */
  most?: number;
}

const HOUR_MS = 3_600_000;
/** Kubernetes keeps any number for an hour. Here they would be most of the memory of a server with much to do. */
const MOST = 1_000;
/** The share that goes when there are too many, so that not each new one costs a look at all. */
const SHARE = 0.1;

/** Deletes Events that nobody has seen again for an hour, as Kubernetes does, and the oldest when there are too many. */
export function eventExpiryController({
  clock = systemClock,
  ttlMs = HOUR_MS,
  most = MOST,
}: ExpiryOptions = {}): Controller {
  const seen = new Map<string, { name: NamespacedName; atMs: number }>();

  return defineController({
    name: "event-expiry",
    for: Event,
    async reconcile(name, { client }) {
      const event = await client.get(Event, name);
      if (!event) return void seen.delete(keyOf(name));
      const atMs = lastSeenMs(event, clock.now());
      const leftMs = atMs + ttlMs - clock.now();
      if (leftMs <= 0) return remove(client, event);
      seen.set(keyOf(name), { name, atMs });
      if (seen.size > most) await removeOldest(client, seen, Math.ceil(most * SHARE));
      return { requeueAfterMs: leftMs };
    },
  });
}

async function removeOldest(
  client: Client,
  seen: Map<string, { name: NamespacedName; atMs: number }>,
  count: number,
): Promise<void> {
  const oldest = [...seen.values()].toSorted((a, b) => a.atMs - b.atMs).slice(0, count);
  for (const { name } of oldest) seen.delete(keyOf(name)); // before anything is waited for
  for (const { name } of oldest) {
    const event = await client.get(Event, name);
    if (event) await remove(client, event);
  }
}

/** One that has just been seen again stays. */
async function remove(client: Client, { metadata }: Event): Promise<void> {
  const { uid, resourceVersion } = metadata;
  try {
    await client.delete(Event, metadata, { preconditions: { uid, resourceVersion } });
  } catch (error) {
    if (!isReason(error, "NotFound") && !isReason(error, "Conflict")) throw error;
  }
}

/** One without any time is new, for all we know. */
function lastSeenMs({ series, lastTimestamp, eventTime, metadata }: Event, nowMs: number): number {
  const times = [series?.lastObservedTime, lastTimestamp, eventTime, metadata.creationTimestamp];
  const seen = times
    .map((time) => (time ? Date.parse(time) : Number.NaN))
    .filter((time) => !Number.isNaN(time));
  return seen.length > 0 ? Math.max(...seen) : nowMs;
}
