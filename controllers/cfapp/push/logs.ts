import type { Calls } from "./calls.ts";

const LINES = 20;
const MAX_LINES = 1000;

interface Envelope {
  timestamp?: string;
  tags?: { source_type?: string };
  log?: { payload?: string };
}

interface Batch {
  envelopes?: { batch?: Envelope[] };
}

export interface LogRange {
  readonly appGuid: string;
  /** Of whom, such as `STG`. */
  readonly source: RegExp;
  readonly sinceMs: number;
}

/** Undefined if they cannot be had: what happens is told all the same. */
async function read(calls: Calls, appGuid: string, query: string): Promise<Envelope[] | undefined> {
  try {
    const { logCache } = await calls.cc.platform();
    if (!logCache) return undefined;
    const path = `${logCache}/api/v1/read/${appGuid}?envelope_types=LOG&limit=${MAX_LINES}&${query}`;
    return (await calls.get<Batch>(path)).envelopes?.batch ?? [];
  } catch {
    return undefined;
  }
}

const textOf = ({ log }: Envelope): string =>
  Buffer.from(log?.payload ?? "", "base64")
    .toString("utf8")
    .trimEnd();

/** The last lines that an app, or what stages it, has logged since a time; empty if they cannot be had. */
export async function logTail(calls: Calls, { appGuid, source, sinceMs }: LogRange): Promise<string> {
  const query = `descending=true&start_time=${BigInt(sinceMs) * 1_000_000n}`;
  const lines = ((await read(calls, appGuid, query)) ?? [])
    .filter(({ tags }) => source.test(tags?.source_type ?? ""))
    .slice(0, LINES)
    .map(textOf);
  return lines.toReversed().join("\n");
}

/** Reads on in such a log, each time from where it was. */
export class LogCursor {
  readonly #calls: Calls;
  readonly #range: LogRange;
  #after: bigint;

  constructor(calls: Calls, range: LogRange) {
    [this.#calls, this.#range] = [calls, range];
    this.#after = BigInt(range.sinceMs) * 1_000_000n;
  }

  /** What has come since. */
  async next(): Promise<string[]> {
    const { appGuid, source } = this.#range;
    const found = (await read(this.#calls, appGuid, `start_time=${this.#after + 1n}`)) ?? [];
    for (const { timestamp = "0" } of found)
      if (BigInt(timestamp) > this.#after) this.#after = BigInt(timestamp);
    return found.filter(({ tags }) => source.test(tags?.source_type ?? "")).map(textOf);
  }
}
