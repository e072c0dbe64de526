import type { FileStat } from "./file-stat.ts";

const FIELDS = 5;
const EXECUTABLE = 1;
const LINK = 2;

/** The files of one directory as last reported. Numbers lie in one array, since a tree can have 100,000 of them. */
export class FileTable {
  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];
  #numbers = new Float64Array(0);
  #hashes: Map<string, string> | undefined;

  get size(): number {
    return this.#slots.size;
  }

  names(): Iterable<string> {
    return this.#slots.keys();
  }

  has(name: string): boolean {
    return this.#slots.has(name);
  }

  /** Notes that the file is there, without having looked at it. */
  addUnknown(name: string): void {
    if (!this.#slots.has(name)) this.#slots.set(name, -1);
  }

  /** The stat of the file; `"unknown"` if it is there and nobody has looked yet; nothing if it is not there. */
  get(name: string): FileStat | "unknown" | undefined {
    const slot = this.#slots.get(name);
    if (slot === undefined) return undefined;
    return slot < 0 ? "unknown" : this.#read(slot * FIELDS);
  }

  set(name: string, stat: FileStat): void {
    const known = this.#slots.get(name) ?? -1;
    const slot = known < 0 ? this.#claim() : known;
    this.#slots.set(name, slot);
    const flags = (stat.executable ? EXECUTABLE : 0) | (stat.link ? LINK : 0);
    this.#numbers.set([stat.size, stat.mtimeMs, stat.ctimeMs, stat.ino, flags], slot * FIELDS);
  }

  delete(name: string): void {
    const slot = this.#slots.get(name);
    if (slot !== undefined && slot >= 0) this.#free.push(slot);
    this.#slots.delete(name);
    this.#hashes?.delete(name);
  }

  hashOf(name: string): string | undefined {
    return this.#hashes?.get(name);
  }

  setHash(name: string, hash: string | undefined): void {
    if (hash) (this.#hashes ??= new Map()).set(name, hash);
    else this.#hashes?.delete(name);
  }

  #read(at: number): FileStat {
    const numbers = this.#numbers;
    const flags = numbers[at + 4]!;
    return {
      size: numbers[at]!,
      mtimeMs: numbers[at + 1]!,
      ctimeMs: numbers[at + 2]!,
      ino: numbers[at + 3]!,
      executable: (flags & EXECUTABLE) !== 0,
      link: (flags & LINK) !== 0,
    };
  }

  #claim(): number {
    const reused = this.#free.pop();
    if (reused !== undefined) return reused;
    const used = this.#used++;
    if (used * FIELDS >= this.#numbers.length) this.#grow();
    return used;
  }

  #used = 0;

  #grow(): void {
    // The first time there is usually one stat for each name to come.
    const next = new Float64Array(Math.max(this.#slots.size + 1, Math.ceil(this.#used * 1.5)) * FIELDS);
    next.set(this.#numbers);
    this.#numbers = next;
  }
}
