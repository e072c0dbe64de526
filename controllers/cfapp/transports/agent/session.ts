import type { Duplex } from "node:stream";
import {
  type AppNews,
  type Capabilities,
  type Greeting,
  type HostKey,
  type Link,
  type Listing,
  type Staged,
  StageError,
  type SyncOutcome,
  type SyncSet,
} from "../transport.ts";
import { partsOf } from "./content.ts";
import { encodeFrame, fields, type Frame } from "./frames.ts";
import { listingOf } from "./listing.ts";
import {
  commitFrame,
  fieldsOf,
  greetingOf,
  longestMs,
  newsOf,
  operationFrame,
  outcomeOf,
} from "./messages.ts";
import { Timings } from "./timings.ts";
import { Wire } from "./wire.ts";

const VERSION = "1";
const CAPABILITIES: Capabilities = { deletes: true, modes: true, links: true, atomic: true, restarts: true };

export interface AgentOptions {
  /** Directory of the app. */
  readonly root: string;
  /** Directories that the agent may keep its state in; the first that is on the file system of the app is taken. */
  readonly stateDirectories: readonly string[];
  /** Where the supervisor listens. */
  readonly supervisorSocket: string;
  readonly hostKey?: HostKey;
  /** How long it may be silent while an answer is due, beside what a restart may take. */
  readonly patienceMs?: number;
}

/** Speaks to one agent, over the standard input and output of the process that it is. */
export class AgentSession implements Link {
  readonly capabilities = CAPABILITIES;
  readonly hostKey: HostKey | undefined;
  readonly #wire: Wire;
  #greeting!: Greeting;
  #list: Buffer[] = [];
  /** What the agent knows to be of earlier sets, unless that is not certain. */
  #tracked: ReadonlySet<string> | undefined;
  #committed = "";
  #unanswered = 0;
  readonly #timings = new Timings();
  #news: AppNews | undefined;
  #onNews: ((news: AppNews) => void) | undefined;
  #onPrinted: ((isTold: boolean) => void) | undefined;

  private constructor(channel: Duplex, { hostKey, patienceMs }: AgentOptions) {
    this.hostKey = hostKey;
    this.#wire = new Wire(channel, (frame) => this.#take(frame), patienceMs);
  }

  /** @throws ConnectionLostError */
  static async open(channel: Duplex, options: AgentOptions): Promise<AgentSession> {
    const session = new AgentSession(channel, options);
    const { root, stateDirectories, supervisorSocket } = options;
    const known = ["root", root, "state", stateDirectories.join("\n"), "socket", supervisorSocket];
    const greeting = session.#wire.next(({ type }) => type === "h");
    await session.#wire.send(encodeFrame("H", fields(VERSION, ...known)));
    session.#greeting = greetingOf((await greeting).body);
    session.#committed = session.#greeting.revision;
    return session;
  }

  get greeting(): Greeting {
    return this.#greeting;
  }

  get closed(): Promise<Error> {
    return this.#wire.closed;
  }

  /** What is in the directory now, with hashes. */
  async list(): Promise<Listing> {
    this.#list = [];
    const end = this.#wire.next(({ type }) => type === "e");
    await this.#wire.send(encodeFrame("L"));
    await end;
    const listing = listingOf(Buffer.concat(this.#list.splice(0)));
    this.#tracked = listing.tracked;
    return listing;
  }

  async stage(set: SyncSet): Promise<Staged> {
    const before = this.#wire.bytesSent;
    await this.#transfer(set);
    const verified = this.#wire.next(({ type, body }) => type === "v" && fieldsOf(body)[0] === set.revision);
    await this.#wire.send(encodeFrame("V", set.revision));
    const [, problem] = fieldsOf((await verified).body);
    if (problem) throw new StageError(problem);
    this.#timings.staged(set.revision);
    return { commit: () => this.#commit(set, before) };
  }

  /** Sets follow each other; no answer is waited for but the last. */
  async sync(set: SyncSet): Promise<SyncOutcome> {
    const before = this.#wire.bytesSent;
    await this.#transfer(set);
    this.#timings.staged(set.revision);
    return this.#commit(set, before);
  }

  watchApp(onNews: (news: AppNews) => void): void {
    this.#onNews = onNews;
    if (this.#news) onNews(this.#news);
  }

  untilPrinted(onPrinted: (isTold: boolean) => void): void {
    this.#onPrinted = onPrinted;
    this.#wire.send(encodeFrame("W")).catch(() => undefined); // a lost link tells that by itself
  }

  /** Resolves when the agent has answered. */
  async ping(): Promise<void> {
    const answer = this.#wire.next(({ type }) => type === "q");
    await this.#wire.send(encodeFrame("P"));
    await answer;
  }

  close(): void {
    this.#wire.close();
  }

  async #transfer(set: SyncSet): Promise<void> {
    this.#timings.begin(set.revision);
    const before = this.#wire.bytesSent;
    let files = 0;
    await this.#wire.add(encodeFrame("B", set.revision));
    // The agent has it: whatever would be sent, it would drop.
    if (set.revision === this.#committed) return;
    for (const { operation, content } of partsOf(set)) {
      await this.#wire.add(operationFrame(operation));
      if (!content) continue;
      for await (const frame of content) await this.#wire.add(frame);
      set.onProgress?.({ files: ++files, bytes: this.#wire.bytesSent - before });
    }
  }

  async #commit(set: SyncSet, before: number): Promise<SyncOutcome> {
    const { revision, plan } = set;
    // While another set is on its way, what the agent will know is not certain.
    const tracked = this.#unanswered++ === 0 ? this.#tracked : undefined;
    try {
      const frame = await commitFrame(set, tracked);
      const isAnswer = ({ type, body }: Frame) => type === "a" && fieldsOf(body)[0] === revision;
      const answer = this.#wire.next(isAnswer, longestMs(set.restart));
      await this.#wire.send(frame);
      const outcome = outcomeOf((await answer).body);
      const isCommitted = outcome.result !== "failed";
      this.#tracked = isCommitted && this.#unanswered === 1 ? new Set(plan.tree.keys()) : undefined;
      if (isCommitted) this.#committed = revision;
      const durationsMs = this.#timings.end(revision);
      return { ...outcome, bytesSent: this.#wire.bytesSent - before, durationsMs };
    } finally {
      this.#unanswered--;
    }
  }

  #take({ type, body }: Frame): void {
    if (type === "l") this.#list.push(Buffer.from(body));
    else if (type === "p") this.#timings.told(fieldsOf(body));
    else if (type === "s") this.#heard(newsOf(body));
    else if (type === "o") this.#printed(body.length > 0);
  }

  #printed(isTold: boolean): void {
    const tell = this.#onPrinted;
    this.#onPrinted = undefined;
    tell?.(isTold);
  }

  #heard(news: AppNews): void {
    this.#news = news;
    this.#onNews?.(news);
  }
}
