/**
 * How long the kinds of a definition are what they are: until it says something else of them, or goes.
 *
 * Whoever holds on to a kind for longer than a request asks for it, and lets go in time.
 */
export class Lifetime {
  /** Revision of the definition. What was written later was written as these kinds have it. */
  readonly since: number;
  #end = Infinity;
  readonly #listeners = new Set<() => void>();

  constructor(since: number) {
    this.since = since;
  }

  /** Revision with which the definition changed, or went; infinite until then. */
  get end(): number {
    return this.#end;
  }

  /** Ends it, and tells who waits for that, in the same turn. */
  endAt(revision: number): void {
    this.#end = revision;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }

  /** @returns A function that takes the listener off again. */
  onEnd(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
