import type { Cluster } from "../cluster/index.ts";
import type { LogSink } from "../logs/sink.ts";
import { LogReader } from "./logreader.ts";
import { containersIn, type ContainerStatus, isEnding, type Pod } from "./pod.ts";
import type { Found } from "./verdict.ts";

interface LogsOptions {
  readonly cluster: Cluster;
  readonly sink: LogSink;
  readonly onError: () => void;
}

interface Read {
  readonly reader: LogReader;
  readonly uid: string;
}

/** Reads the output of every container of the pods. */
export class Logs {
  readonly #options: LogsOptions;
  readonly #sinceMs = Date.now();
  readonly #readers = new Map<string, Read>();
  /** Those as well of which only the end is still to be read. */
  readonly #all = new Set<LogReader>();
  readonly #errors = new Map<string, string>();

  constructor(options: LogsOptions) {
    this.#options = options;
  }

  /** Why the output of a pod cannot be read. */
  errorOf(uid: string): string | undefined {
    return [...this.#errors].find(([key]) => key.startsWith(`${uid}/`))?.[1];
  }

  follow(found: readonly Found[], ignored: readonly string[] = []): void {
    const wanted = new Set<string>();
    for (const { pod } of found) {
      for (const container of containersIn(pod)) {
        if (ignored.includes(container.name)) continue;
        const key = `${pod.metadata.uid}/${container.name}`;
        wanted.add(key);
        if (hasLog(container) && !this.#readers.has(key)) this.#begin(key, pod, container);
        if (isOver(pod)) this.#readers.get(key)?.reader.finish();
      }
    }
    for (const [key, { uid, reader }] of this.#readers) {
      if (wanted.has(key)) continue;
      // Of a pod that is gone what it wrote last may still be on its way.
      reader.finish();
      const isIgnored = found.some(({ pod }) => pod.metadata.uid === uid);
      if (isIgnored) void reader.close();
      this.#readers.delete(key);
      this.#errors.delete(key);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((reader) => reader.close()));
    this.#readers.clear();
  }

  #begin(key: string, pod: Pod, { name, state = {} }: ContainerStatus): void {
    const { metadata } = pod;
    const place = { namespace: metadata.namespace ?? "", pod: metadata.name, container: name };
    const { cluster, sink } = this.#options;
    const isOld = Date.parse(state.running?.startedAt ?? "") < this.#sinceMs - OLD_MS;
    const onError = (message: string | undefined) => this.#tell(key, message);
    const reader = new LogReader({ cluster, place, sink, isOld, onError });
    this.#readers.set(key, { reader, uid: metadata.uid ?? "" });
    this.#all.add(reader);
    void reader.ended.then(() => this.#all.delete(reader));
  }

  #tell(key: string, message: string | undefined): void {
    if (this.#errors.get(key) === message) return;
    if (message === undefined) this.#errors.delete(key);
    else this.#errors.set(key, message);
    this.#options.onError();
  }
}

/** Clocks differ, and what has just begun is read from its beginning. */
const OLD_MS = 60_000;

const hasLog = ({ state, restartCount = 0 }: ContainerStatus): boolean =>
  restartCount > 0 || state?.running !== undefined || state?.terminated !== undefined;

/** Nothing of it will be started again. */
const isOver = (pod: Pod): boolean =>
  isEnding(pod) || pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
