import type { KubeObject } from "../../apis/meta.ts";
import { say } from "../cli/io.ts";
import type { Session } from "../connect/session.ts";
import type { LogLine } from "../logs/line.ts";
import { logLines } from "../logs/stream.ts";
import { followAll } from "../up/follow.ts";

/** Where lines go: to the terminal, to files. */
export interface LogSink {
  line(process: KubeObject, line: LogLine): void;
  change?(change: "ADDED" | "MODIFIED" | "DELETED", process: KubeObject, isNew: boolean): void;
}

/** How far the log of one process was given on. */
interface Reached {
  time: string;
  /** Lines of that very time. */
  count: number;
}

/** Gives every line of every process on, those included that were written right before the end. */
export class AllLogs {
  readonly #session: Session;
  readonly #sinks: readonly LogSink[];
  readonly #reached = new Map<string, Reached>();

  constructor(session: Session, sinks: readonly LogSink[]) {
    this.#session = session;
    this.#sinks = sinks;
  }

  /** Until `signal` is aborted. */
  async follow(signal: AbortSignal): Promise<void> {
    const session = this.#session;
    await followAll({
      session,
      signal,
      type: (await session.types()).one("localprocesses"),
      queryFor: () => ({}),
      onLine: (process, line) => {
        if (!signal.aborted) this.#give(process, line);
      },
      onChange: (change, process, isNew) => {
        for (const sink of this.#sinks) sink.change?.(change, process, isNew);
      },
      onError: ({ metadata }, error) =>
        say(`tiltish: no log of ${metadata.name}: ${error instanceof Error ? error.message : "?"}`),
    });
  }

  /** What was written and has not come yet. Only after the end of `follow`. */
  async drain(processes: readonly KubeObject[]): Promise<void> {
    const type = (await this.#session.types()).one("localprocesses");
    for (const process of processes) {
      const { name, namespace = "" } = process.metadata;
      const reached = this.#reached.get(`${process.metadata.uid}`);
      let toSkip = reached?.count ?? 0;
      const lines = logLines(this.#session, { type, namespace, name }, { sinceTime: reached?.time });
      for await (const line of lines) {
        const isOld = reached && (line.time < reached.time || (line.time === reached.time && toSkip-- > 0));
        if (!isOld) this.#give(process, line);
      }
    }
  }

  #give(process: KubeObject, line: LogLine): void {
    const uid = `${process.metadata.uid}`;
    const before = this.#reached.get(uid);
    const count = before?.time === line.time ? before.count + 1 : 1;
    this.#reached.set(uid, { time: line.time, count });
    for (const sink of this.#sinks) sink.line(process, line);
  }
}
