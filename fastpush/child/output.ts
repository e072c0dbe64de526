const MAX_KEPT = 64 * 1024;
/** Of the lines that are told when something went wrong. */
const MAX_TAIL = 4000;

/** What the app writes: the last of it, and all of it from now on. */
export class Output {
  #kept: Buffer[] = [];
  #bytes = 0;
  readonly #listeners = new Set<(bytes: Buffer) => void>();

  append(bytes: Buffer): void {
    this.#kept.push(bytes);
    this.#bytes += bytes.length;
    while (this.#bytes - this.#kept[0]!.length >= MAX_KEPT) this.#bytes -= this.#kept.shift()!.length;
    for (const listener of this.#listeners) listener(bytes);
  }

  /** A new process begins: what another one wrote says nothing of it. */
  clear(): void {
    [this.#kept, this.#bytes] = [[], 0];
  }

  kept(): Buffer {
    return Buffer.concat(this.#kept).subarray(-MAX_KEPT);
  }

  /** The last lines, as text. */
  tail(): string {
    const text = this.kept().subarray(-MAX_TAIL).toString("utf8");
    return this.#bytes > MAX_TAIL ? text.slice(text.indexOf("\n") + 1) : text;
  }

  /** @returns what ends it. */
  follow(listener: (bytes: Buffer) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
