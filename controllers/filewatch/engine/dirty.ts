/** Where to look: the names that hints were about, by directory; `"all"` for everything in it. */
export class Dirty {
  readonly #directories = new Map<string, Set<string> | "all">();
  #count = 0;

  /** How many places there are to look at. A whole directory counts for several. */
  get count(): number {
    return this.#count;
  }

  add(directory: string, name?: string): void {
    const names = this.#directories.get(directory);
    if (names === "all") return;
    if (name === undefined) {
      this.#count += 4 - (names?.size ?? 0);
      this.#directories.set(directory, "all");
    } else if (!names) {
      this.#count++;
      this.#directories.set(directory, new Set([name]));
    } else if (!names.has(name)) {
      this.#count++;
      names.add(name);
    }
  }

  addAll(other: Dirty): void {
    for (const [directory, names] of other.entries()) {
      if (names === "all") this.add(directory);
      else for (const name of names) this.add(directory, name);
    }
  }

  /** Outer directories come before those in them. */
  entries(): [string, ReadonlySet<string> | "all"][] {
    return [...this.#directories].toSorted(([a], [b]) => a.length - b.length);
  }
}
