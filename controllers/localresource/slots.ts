import { availableParallelism } from "node:os";
import type { NamespacedName } from "../../apis/meta.ts";

interface Candidate {
  request: NamespacedName;
  parallel: boolean;
}

type Wake = (request: NamespacedName) => void;

const textOf = ({ namespace, name }: NamespacedName): string => `${namespace}/${name}`;

/**
 * Says who may build. At most `limit` builds run at once, and of those that must not run beside others, one.
 *
 * It remembers who asked in vain and wakes them when a build ends: first come, first served.
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
  acquire(request: NamespacedName, parallel: boolean): string | undefined {
    const key = textOf(request);
    if (this.#running.has(key)) return undefined;
    const candidate = this.#waiting.get(key) ?? { request, parallel };
    candidate.parallel = parallel;
    const obstacle = this.#obstacle(candidate) ?? this.#earlier(key);
    if (obstacle) this.#waiting.set(key, candidate);
    else this.hold(request, parallel);
    return obstacle;
  }

  /** Counts a build that runs already, as it is found after a restart of the server. */
  hold(request: NamespacedName, parallel: boolean): void {
    this.#running.set(textOf(request), { request, parallel });
    this.#waiting.delete(textOf(request));
  }

  /** It wants no build any more. */
  release(request: NamespacedName): void {
    if (this.#waiting.delete(textOf(request))) this.#wakeAll();
    this.finish(request);
  }

  /** Its build has ended. Should it want another one, it keeps its place among those who wait. */
  finish(request: NamespacedName): void {
    if (this.#running.delete(textOf(request))) this.#wakeAll();
  }

  #wakeAll(): void {
    const waiting = [...this.#waiting.values()];
    for (const wake of this.#wakes) for (const { request: next } of waiting) wake(next);
  }

  subscribe(wake: Wake): () => void {
    this.#wakes.add(wake);
    return () => this.#wakes.delete(wake);
  }

  #obstacle({ parallel }: Candidate): string | undefined {
    if (this.#running.size >= this.#limit)
      return `a free build slot (${[...this.#running.keys()].join(", ")} building)`;
    if (parallel) return undefined;
    const exclusive = [...this.#running].find(([, build]) => !build.parallel);
    return exclusive && `the build of ${exclusive[0]} (allowParallel is false)`;
  }

  /** Whoever asked earlier and could go now goes first, or a busy resource would starve the others. */
  #earlier(key: string): string | undefined {
    for (const [other, candidate] of this.#waiting) {
      if (other === key) return undefined;
      if (!this.#obstacle(candidate)) return `its turn, after ${other}`;
    }
    return undefined;
  }
}
