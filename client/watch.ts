import type { ObjectOf } from "../apis/kind.ts";
import type { Transport } from "../apis/transport.ts";
import type { Clock } from "./clock.ts";
import { resourceOf, type AnyKind } from "./kinds.ts";
import type { Log } from "./log.ts";
import { reflect, type Change, type Scope } from "./reflector.ts";

export interface WatchRequest extends Scope {
  /** Only what changed after this revision. Without it, what is there comes first, as ADDED. */
  resourceVersion?: string;
  signal?: AbortSignal;
}

interface WatchSource<K> {
  transport: Transport;
  kind: K;
  clock?: Clock;
  log?: Log;
}

/**
 * The changes of a kind, over any break of the connection.
 *
 * When the server no longer has the last revision seen, the difference to what was seen is told instead of what
 * happened. What existed before `resourceVersion` and was not seen since is then told as ADDED.
 */
export async function* watch<K extends AnyKind>(
  { transport, kind, clock, log }: WatchSource<K>,
  { resourceVersion, signal, namespace, labelSelector, fieldSelector }: WatchRequest,
): AsyncGenerator<Change<ObjectOf<K>>, void, void> {
  const scope = { namespace, labelSelector, fieldSelector };
  const resource = resourceOf(kind);
  for await (const reflection of reflect({
    transport,
    resource,
    scope,
    resourceVersion,
    signal,
    clock,
    log,
  })) {
    if (reflection.type !== "SYNCED" && reflection.type !== "BOOKMARK") {
      yield reflection as Change<ObjectOf<K>>;
    }
  }
}
