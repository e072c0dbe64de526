import { type Lines, newestLine, readLines } from "./logline.ts";
import type { Link } from "../transports/transport.ts";
import type { Work } from "./work.ts";

/** While the app has something to say it is asked this often; more and more seldom while it says nothing. */
const [OFTEN_MS, SELDOM_MS] = [1_000, 60_000];
/** So long after an app has printed its lines may come; then it is asked no more where its next ones are told of. */
const LAG_MS = 4_000;

const isFollowed = ({ journal, resolved }: Work): boolean =>
  journal.isFollowed && resolved?.platform.logCache !== undefined;

/** The last lines of an app that has ended; whoever follows gets them as they were printed. */
export function tellOutput(work: Work, output: string): void {
  if (!isFollowed(work)) work.journal.lines(output);
}

/**
 * Puts what the app prints into the log of its sync, while somebody follows that: who reads nothing costs no request,
 * and nor does an app that says nothing, where its instances tell when it does.
 */
export class AppLog {
  readonly #work: Work;
  #timer: NodeJS.Timeout | undefined;
  /** Of the newest line that was read, in nanoseconds; undefined while nobody follows. */
  #after: bigint | undefined;
  #everyMs = OFTEN_MS;
  #askedMs = 0;
  #isAsking = false;
  #lastSync: unknown;
  /** Which links will tell when the app prints, and which cannot. */
  #tellers = new WeakMap<Link, "asked" | "mute">();

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
    if (!isFollowed(this.#work)) {
      this.#after = undefined;
      this.#everyMs = OFTEN_MS;
      return;
    }
    const links = this.#work.connected.flatMap(({ link }) => link ?? []);
    const unasked = links.filter((link) => !this.#tellers.has(link));
    for (const link of unasked) this.#listenTo(link);
    if (unasked.length > 0 || this.#isRestarted()) this.#everyMs = OFTEN_MS;
    if (!this.#isAsking && links.length > 0 && this.#isDue(links)) await this.#ask(links);
  }

  /** It may have said something by now, whoever can tell. */
  #isRestarted(): boolean {
    const before = this.#lastSync;
    this.#lastSync = this.#work.observation.facts.lastSync;
    return this.#lastSync !== before;
  }

  #isDue(links: readonly Link[]): boolean {
    if (Date.now() < this.#askedMs + this.#everyMs - OFTEN_MS / 2) return false;
    return this.#everyMs <= LAG_MS || links.some((link) => this.#tellers.get(link) !== "asked");
  }

  #listenTo(link: Link): void {
    this.#tellers.set(link, link.untilPrinted ? "asked" : "mute");
    link.untilPrinted?.((isTold) => {
      if (!isTold) return void this.#tellers.set(link, "mute");
      this.#tellers.delete(link);
      if (this.#timer) void this.#look();
    });
  }

  async #ask(links: readonly Link[]): Promise<void> {
    const { cc, platform, app } = this.#work.resolved!;
    const where = { cc, logCache: platform.logCache!, appGuid: app.guid };
    [this.#isAsking, this.#askedMs] = [true, Date.now()];
    // By now there may be somebody who can.
    for (const link of links) if (this.#tellers.get(link) === "mute") this.#listenTo(link);
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
  }
}
