import { type Lines, newestLine, readLines } from "./logline.ts";
import type { Work } from "./work.ts";

/** While the app has something to say it is asked this often; more and more seldom while it says nothing. */
const [OFTEN_MS, SELDOM_MS] = [1_000, 5_000];

const isFollowed = ({ journal, resolved }: Work): boolean =>
  journal.isFollowed && resolved?.platform.logCache !== undefined;

/** The last lines of an app that has ended; whoever follows gets them as they were printed. */
export function tellOutput(work: Work, output: string): void {
  if (!isFollowed(work)) work.journal.lines(output);
}

/**
 * Puts what the app prints into the log of its sync, while somebody follows that: who reads nothing costs no request.
 */
export class AppLog {
  readonly #work: Work;
  #timer: NodeJS.Timeout | undefined;
  /** Of the newest line that was read, in nanoseconds; undefined while nobody follows. */
  #after: bigint | undefined;
  #everyMs = OFTEN_MS;
  #dueMs = 0;
  #isAsking = false;

  constructor(work: Work) {
    this.#work = work;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.#look(), OFTEN_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = this.#after = undefined;
  }

  async #look(): Promise<void> {
    if (!isFollowed(this.#work)) this.#after = undefined;
    else if (!this.#isAsking && this.#work.connected.length > 0 && Date.now() >= this.#dueMs)
      await this.#ask();
  }

  async #ask(): Promise<void> {
    const { cc, platform, app } = this.#work.resolved!;
    const where = { cc, logCache: platform.logCache!, appGuid: app.guid };
    this.#isAsking = true;
    try {
      this.#after ??= await newestLine(where);
      const read = await readLines(where, this.#after);
      if (this.#timer) this.#take(read);
    } finally {
      this.#isAsking = false;
    }
  }

  #take({ after, lines }: Lines): void {
    const { journal, members } = this.#work;
    this.#after = after;
    for (const { instance, text } of lines) {
      journal.lines(members.size > 1 ? `[${instance}] ${text}` : text);
    }
    this.#everyMs = lines.length > 0 ? OFTEN_MS : Math.min(this.#everyMs * 1.5, SELDOM_MS);
    this.#dueMs = Date.now() + this.#everyMs - OFTEN_MS / 2;
  }
}
