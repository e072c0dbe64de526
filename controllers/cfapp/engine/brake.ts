/** A set that was committed. */
export interface Sent {
  /** What it has changed, but for directories. */
  readonly paths: readonly string[];
  /** By then, one of these had been written again a moment before. */
  readonly isBusy: boolean;
  readonly nowMs: number;
}

/** So many in a row, each of whose files had been written within this time before the set was through. */
const BUSY_TIMES = 10;
export const BUSY_MS = 100;
/** However they are spread: nobody saves so often by hand. */
const [MANY_TIMES, WINDOW_MS] = [25, 60_000];
const MAX_PATHS = 20;
const [SHORTEST_MS, LONGEST_MS] = [1_000, 30_000];
const QUIET_MS = 5_000;

/**
 * Slows down sets that go on for ever because something writes all the time to what is synced, such as a log.
 *
 * Their rate does not tell that from somebody who saves fast: both send one set after the other, as fast as the app
 * restarts. But whatever writes all the time has also written in the moment before a set is through, again and again.
 * Of somebody who saves each half of a second, one set in five ends that close after a save; ten in a row never do.
 * What writes at longer intervals is known by its number: 25 within a minute, as in a FileWatch that goes round.
 *
 * A FileWatch itself cannot see this: it knows a loop by the runs of processes here during which files are written,
 * and the one that writes here is none of ours.
 */
export class Brake {
  #paths: ReadonlySet<string> = new Set();
  #sent: Sent[] = [];
  #level = 0;

  get isOn(): boolean {
    return this.#level > 0;
  }

  /** What is written all the time. */
  get paths(): readonly string[] {
    return this.isOn ? [...this.#paths] : [];
  }

  /** How long changes of these wait. */
  get delayMs(): number {
    return this.isOn ? Math.min(SHORTEST_MS * 2 ** (this.#level - 1), LONGEST_MS) : 0;
  }

  /** When it is to be let go, in milliseconds since 1970, if nothing comes until then. */
  quietAtMs(lastChangeMs: number, maxWaitMs: number): number {
    const lastMs = Math.max(lastChangeMs, this.#sent.at(-1)?.nowMs ?? 0);
    return this.isOn ? lastMs + Math.max(QUIET_MS, 2 * maxWaitMs) : Infinity;
  }

  /** Whether nothing but these has changed; undefined: it is not known what has. */
  isAbout(paths: readonly string[] | undefined): boolean {
    return this.isOn && paths !== undefined && paths.every((path) => this.#paths.has(path));
  }

  /** @returns whether it is another one now than before. */
  note(sent: Sent): boolean {
    const before = this.#level;
    const isOther = !sent.paths.some((path) => this.#paths.has(path));
    const isNew = !sent.paths.every((path) => this.#paths.has(path));
    // Somebody saves another file meanwhile: that is not delayed, and says nothing of these.
    if (this.isOn && isNew && !isOther) return false;
    if (isNew) this.#begin(sent);
    else this.#count(sent);
    return this.#level !== before;
  }

  release(): void {
    [this.#level, this.#sent, this.#paths] = [0, [], new Set()];
  }

  #begin(sent: Sent): void {
    this.release();
    if (sent.paths.length <= MAX_PATHS) [this.#paths, this.#sent] = [new Set(sent.paths), [sent]];
  }

  #count(sent: Sent): void {
    this.#sent = [...this.#sent, sent].slice(-MANY_TIMES);
    if (this.isOn) this.#level = this.delayMs < LONGEST_MS ? this.#level + 1 : this.#level;
    else if (this.#isWrittenAllTheTime(sent.nowMs)) this.#level = 1;
  }

  #isWrittenAllTheTime(nowMs: number): boolean {
    const recent = this.#sent.slice(-BUSY_TIMES);
    if (recent.length === BUSY_TIMES && recent.every(({ isBusy }) => isBusy)) return true;
    return this.#sent.filter((one) => nowMs - one.nowMs <= WINDOW_MS).length >= MANY_TIMES;
  }
}
