import { setTimeout as delay } from "node:timers/promises";
import { Backoff } from "../../../client/index.ts";
import type { Cluster } from "../cluster/index.ts";
import type { LogSink } from "../logs/sink.ts";

/** A container of a pod. */
export interface LogPlace {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

interface ReaderOptions {
  readonly cluster: Cluster;
  readonly place: LogPlace;
  readonly sink: LogSink;
  /** It ran before there was somebody to read: of what it wrote then only the end is of interest. */
  readonly isOld: boolean;
  /** What keeps it from reading; undefined when it reads again. */
  readonly onError: (message: string | undefined) => void;
}

/** After a rotation a kubelet may go on with a file that nobody writes any more: silence is not believed for longer. */
const QUIET_MS = 15_000;
const OLD_LINES = "1000";

/** Reads the output of one container for as long as it is there, each line once, over any break of the connection. */
export class LogReader {
  readonly #options: ReaderOptions;
  readonly #abort = new AbortController();
  /** What is read now; ended when it has been silent for too long. */
  #stream = new AbortController();
  #last = "";
  /** How many lines came at just that time. */
  #lastCount = 0;
  #isEnding = false;
  /** By the kubelet, last. */
  #said = "";
  /** Resolves when there is nothing more to read. */
  readonly ended: Promise<void>;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.ended = this.#run();
  }

  /** Nothing new will come: what there is is read to its end. */
  finish(): void {
    this.#isEnding = true;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#stream.abort();
    await this.ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    const backoff = new Backoff({ initialMs: 1_000, maxMs: 60_000 });
    while (!signal.aborted) {
      const before = this.#last;
      const isQuiet = await this.#read();
      if (this.#last !== before) backoff.reset();
      if (signal.aborted || this.#isEnding) return;
      if (!isQuiet) await delay(backoff.nextMs(), undefined, { signal }).catch(() => undefined);
    }
  }

  /** @returns Whether it was left because nothing came. */
  async #read(): Promise<boolean> {
    const { cluster, place, onError } = this.#options;
    const stream = new AbortController();
    this.#stream = stream;
    let [isQuiet, count] = [false, this.#lastCount];
    const leave = () => {
      isQuiet = true;
      stream.abort();
    };
    let timer = setTimeout(leave, QUIET_MS);
    try {
      const kind = await cluster.kindOf({ kind: "Pod" });
      const name = { namespace: place.namespace, name: place.pod };
      for await (const line of cluster.client.log(kind, name, this.#query(), stream.signal)) {
        onError(undefined);
        timer = restarted(timer, leave);
        count = await this.#take(Buffer.from(line).toString("utf8"), count);
      }
    } catch (error) {
      if (!stream.signal.aborted) onError(cluster.problemOf(error).message);
    } finally {
      clearTimeout(timer);
    }
    return isQuiet;
  }

  #query(): Record<string, string> {
    const query = { container: this.#options.place.container, follow: "true", timestamps: "true" };
    if (this.#last !== "") return { ...query, sinceTime: this.#last };
    return this.#options.isOld ? { ...query, tailLines: OLD_LINES } : query;
  }

  /** The server goes back by whole seconds: what was read already comes again. @returns how many of the same time are to skip. */
  async #take(line: string, toSkip: number): Promise<number> {
    const space = line.indexOf(" ");
    const [time, text] = [line.slice(0, space), line.slice(space + 1)];
    if (!isTime(time)) {
      await this.#hearKubelet(line);
      return toSkip;
    }
    if (time < this.#last) return toSkip;
    if (time === this.#last && toSkip > 0) return toSkip - 1;
    this.#lastCount = time === this.#last ? this.#lastCount + 1 : 1;
    this.#last = time;
    await this.#write(text);
    return 0;
  }

  /** What keeps a kubelet from reading on stands among the lines, without a time, whenever it is asked. */
  async #hearKubelet(line: string): Promise<void> {
    if (line.trim() === "" || line === this.#said) return;
    this.#said = line;
    await this.#write(line);
  }

  async #write(text: string): Promise<void> {
    const { sink, place } = this.#options;
    const ended = text.endsWith("\n") ? text : `${text}\n`;
    await sink.write(`[${place.pod} ${place.container}] ${ended}`, this.#stream.signal);
  }
}

const isTime = (text: string): boolean => /^\d{4}-\d\d-\d\dT/.test(text);

function restarted(timer: NodeJS.Timeout, then: () => void): NodeJS.Timeout {
  clearTimeout(timer);
  return setTimeout(then, QUIET_MS);
}
