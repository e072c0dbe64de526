export interface Limit {
  limitMs: number;
  signal?: AbortSignal | undefined;
  /** What is thrown when the time is up. */
  late: () => Error;
}

/** Does what may never be answered. @throws what `late` gives, the reason of the signal, and what the attempt throws. */
export async function inTime<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  { limitMs, signal, late }: Limit,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(late()), limitMs);
  try {
    return await unlessAborted(attempt, signal ? AbortSignal.any([limit.signal, signal]) : limit.signal);
  } catch (error) {
    throw limit.signal.aborted && !signal?.aborted ? limit.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Whoever is asked may not hear that nobody waits any more. */
export async function unlessAborted<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const done = new AbortController();
  try {
    return await Promise.race([attempt(signal), abortOf(signal, done.signal)]);
  } finally {
    done.abort();
  }
}

const abortOf = (signal: AbortSignal, until: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { signal: until });
  });

export interface Pulse {
  /** Aborted with what was wrong, once there is no answer any more. */
  readonly signal: AbortSignal;
  stop(): void;
}

/** One may have been lost on the way. */
const MISSES = 2;

/** Asks again and again whether somebody is there. */
export function takePulse(everyMs: number, ask: (signal: AbortSignal) => Promise<unknown>): Pulse {
  const [lost, stopped] = [new AbortController(), new AbortController()];
  let misses = 0;
  let isAsking = false;
  const timer = setInterval(() => {
    if (isAsking) return;
    isAsking = true;
    ask(stopped.signal)
      .then(() => (misses = 0))
      .catch((error: unknown) => ++misses < MISSES || stopped.signal.aborted || lost.abort(error))
      .finally(() => (isAsking = false));
  }, everyMs);
  const stop = (): void => {
    clearInterval(timer);
    stopped.abort();
  };
  lost.signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  return { signal: lost.signal, stop };
}
