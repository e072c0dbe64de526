import { StatusError } from "../apis/errors.ts";
import type { ObjectOf } from "../apis/kind.ts";
import type { Condition, KubeObject } from "../apis/meta.ts";
import type { ObjectRef, Transport } from "../apis/transport.ts";
import { systemClock, type Clock } from "./clock.ts";
import { resourceOf, type AnyKind } from "./kinds.ts";
import type { Log } from "./log.ts";
import { reflect } from "./reflector.ts";

/** The type of a condition that should be True, or any question; it is asked about an absent object too. */
export type Goal<T> = string | ((object: T | undefined) => boolean);

export interface WaitOptions {
  timeoutMs?: number;
  signal?: AbortSignal;
}

interface WaitSource<K> {
  transport: Transport;
  kind: K;
  ref: ObjectRef;
  clock?: Clock;
  log?: Log;
}

/**
 * The object, once it is as wanted; undefined if the goal is met by its absence.
 *
 * @throws StatusError `Timeout` after `timeoutMs`; the reason of `signal` when that is aborted.
 */
export async function waitFor<K extends AnyKind>(
  source: WaitSource<K>,
  goal: Goal<ObjectOf<K>>,
  { timeoutMs, signal }: WaitOptions,
): Promise<ObjectOf<K> | undefined> {
  const { ref, clock = systemClock } = source;
  const isMet = typeof goal === "string" ? isTrue(goal) : goal;
  const timeout = new AbortController();
  const cancel = timeoutMs === undefined ? undefined : clock.after(timeoutMs, () => timeout.abort());
  try {
    const signals = signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal;
    for await (const object of statesOf(source, signals)) {
      if (isMet(object as ObjectOf<K> | undefined)) return object as ObjectOf<K> | undefined;
    }
    signal?.throwIfAborted();
    const wanted = typeof goal === "string" ? `its condition ${goal} is not True` : "it is not as wanted";
    throw new StatusError(504, "Timeout", `${ref.plural} "${ref.name}": ${wanted} after ${timeoutMs} ms`);
  } finally {
    cancel?.();
  }
}

/** The object as it is, and after every change; undefined while there is none. */
async function* statesOf<K extends AnyKind>(
  { transport, ref, clock, log }: WaitSource<K>,
  signal: AbortSignal,
): AsyncGenerator<KubeObject | undefined, void, void> {
  const scope = { namespace: ref.namespace, fieldSelector: `metadata.name=${ref.name}` };
  let current: KubeObject | undefined;
  let synced = false;
  for await (const reflection of reflect({
    transport,
    resource: resourceOf(ref),
    scope,
    signal,
    clock,
    log,
  })) {
    if (reflection.type === "BOOKMARK") continue;
    if (reflection.type === "SYNCED") synced = true;
    else current = reflection.type === "DELETED" ? undefined : reflection.object;
    if (synced) yield current;
  }
}

/** As `kubectl wait`: a condition that describes an earlier spec says nothing about this one. */
const isTrue =
  (type: string) =>
  (object: unknown): boolean => {
    const { status, metadata } = (object ?? {}) as Partial<KubeObject>;
    const { conditions, observedGeneration } = (status ?? {}) as Described;
    const condition = conditions?.find((condition) => condition.type === type);
    if (condition?.status !== "True") return false;
    const described = condition.observedGeneration ?? observedGeneration ?? Infinity;
    return described >= (metadata?.generation ?? 0);
  };

interface Described {
  conditions?: Condition[];
  observedGeneration?: number;
}
