import { availableParallelism } from "node:os";
import type { NamespacedName } from "../../apis/meta.ts";
import { keyOf } from "../../client/index.ts";

/** How a build is to be fitted in among the others. */
export interface Place {
  /** It may run beside others that may not run beside each other. */
  parallel: boolean;
  /** Its namespace has a limit of its own: it counts only what builds there. Otherwise all share one. */
  limit?: number;
  /** When somebody asked for it by hand, in milliseconds since 1970. Those go first. */
  askedMs?: number;
}

interface Candidate extends Place {
  request: NamespacedName;
}

type Wake = (request: NamespacedName) => void;

/**
 * Says who may build. At most `limit` builds run at once, and of those that must not run beside others, one.
 *
 * It remembers who asked in vain and wakes them when a build ends: first those that somebody has asked for by hand, in
 * the order in which that was, then first come, first served.
 */
export class BuildSlots {
  readonly #limit: number;
  readonly #running = new Map<string, Candidate>();
  /** In the order in which they asked. */
  readonly #waiting = new Map<string, Candidate>();
  readonly #wakes = new Set<Wake>();

  constructor(limit = Math.max(1, Math.floor(availableParallelism() / 2))) {
    this.#limit = limit;
  }

  /** What it must wait for, or nothing: then it holds a slot until {@link release}. */
  acquire(request: NamespacedName, place: Place): string | undefined {
    const key = keyOf(request);
    if (this.#running.has(key)) return undefined;
    const candidate = { ...place, ...askedBefore(this.#waiting.get(key), place), request };
    const obstacle = this.#obstacle(candidate) ?? this.#earlier(key, candidate);
    // Whoever waits already keeps its turn.
    if (obstacle) this.#waiting.set(key, candidate);
    else this.hold(request, place);
    return obstacle;
  }

  /** Counts a build that runs already, as it is found after a restart of the server. */
  hold(request: NamespacedName, place: Place): void {
    this.#running.set(keyOf(request), { ...place, request });
    this.#waiting.delete(keyOf(request));
  }

  /** It wants no build any more, but the one that it had may still be ending. */
  withdraw(request: NamespacedName): void {
    if (this.#waiting.delete(keyOf(request))) this.#wakeAll();
  }

  /** It wants no build any more. */
  release(request: NamespacedName): void {
    this.withdraw(request);
    this.finish(request);
  }

  /** Its build has ended. Should it want another one, it keeps its place among those who wait. */
  finish(request: NamespacedName): void {
    if (this.#running.delete(keyOf(request))) this.#wakeAll();
  }

  /** Those of a namespace that build or wait for it: a change of its limit concerns them. */
  requestsIn(namespace: string): NamespacedName[] {
    const all = [...this.#running.values(), ...this.#waiting.values()];
    return all.map(({ request }) => request).filter((request) => request.namespace === namespace);
  }

  #wakeAll(): void {
    const waiting = [...this.#waiting.values()].toSorted(byTurn);
    for (const wake of this.#wakes) for (const { request } of waiting) wake(request);
  }

  subscribe(wake: Wake): () => void {
    this.#wakes.add(wake);
    return () => this.#wakes.delete(wake);
  }

  #obstacle(candidate: Candidate): string | undefined {
    const { parallel, limit = this.#limit } = candidate;
    const rivals = [...this.#running.values()].filter((other) => isRival(candidate, other));
    if (rivals.length >= limit) return fullText(rivals, limit);
    if (parallel) return undefined;
    const exclusive = [...this.#running].find(([, build]) => !build.parallel);
    return exclusive && `the build of ${exclusive[0]} (allowParallel is false)`;
  }

  /** Whoever has its turn earlier and could go now goes first, or a busy resource would starve the others. */
  #earlier(key: string, candidate: Candidate): string | undefined {
    const present = new Map(this.#waiting).set(key, candidate);
    for (const other of [...present.values()].toSorted(byTurn)) {
      if (keyOf(other.request) === key) return undefined;
      if (!this.#obstacle(other)) return `its turn, after ${keyOf(other.request)}`;
    }
    return undefined;
  }
}

/** Whoever asks again keeps the time at which it asked first. */
const askedBefore = (before: Candidate | undefined, { askedMs }: Place): Pick<Place, "askedMs"> =>
  before?.askedMs !== undefined && askedMs !== undefined
    ? { askedMs: Math.min(before.askedMs, askedMs) }
    : {};

/** A stable sort leaves those whom nobody has asked for in the order in which they came. */
const byTurn = (a: Candidate, b: Candidate): number => (a.askedMs ?? Infinity) - (b.askedMs ?? Infinity) || 0;

const isRival = (candidate: Candidate, other: Candidate): boolean =>
  candidate.limit === undefined
    ? other.limit === undefined
    : other.request.namespace === candidate.request.namespace;

function fullText(rivals: readonly Candidate[], limit: number): string {
  if (rivals.length === 0) return `a higher limit: builds at once are limited to ${limit}`;
  return `a free build slot (${rivals.map(({ request }) => keyOf(request)).join(", ")} building)`;
}
