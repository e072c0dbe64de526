import { compilePattern } from "../../../apis/regexp/index.ts";
import type { CloudController } from "../cf/index.ts";

const INTERVAL_MS = 500;
/** Of a line, this much is looked at. */
const MAX_LINE = 10_000;

interface Envelope {
  timestamp?: string;
  instance_id?: string;
  tags?: { source_type?: string };
  log?: { payload?: string };
}

interface Batch {
  envelopes?: { batch?: Envelope[] };
}

/** Where the log of an app is. */
export interface Where {
  readonly cc: CloudController;
  readonly logCache: string;
  readonly appGuid: string;
}

/** Time of the newest line that an app has logged, in nanoseconds, by the clock of the platform if it answers. */
export async function newestLine(where: Where): Promise<bigint> {
  const [newest] = (await read(where, "descending=true&limit=1")) ?? [];
  return newest?.timestamp === undefined ? BigInt(Date.now()) * 1_000_000n : BigInt(newest.timestamp);
}

/** A line that an app has printed. */
export interface Line {
  /** Index of the instance. */
  readonly instance: string;
  readonly text: string;
}

/** What has been printed after a time, and the time to go on from; in nanoseconds. */
export interface Lines {
  readonly after: bigint;
  readonly lines: readonly Line[];
}

/** The next lines of an app; none if they cannot be had now. */
export async function readLines(where: Where, after: bigint): Promise<Lines> {
  const all = (await read(where, `limit=1000&start_time=${after + 1n}`)) ?? [];
  const times = all.map(({ timestamp = "0" }) => BigInt(timestamp));
  const lines = all.filter(isOfApp).map((one) => ({ instance: one.instance_id ?? "", text: textOf(one) }));
  return { after: times.reduce((latest, time) => (time > latest ? time : latest), after), lines };
}

const isOfApp = ({ tags }: Envelope): boolean => (tags?.source_type ?? "APP").startsWith("APP");

const textOf = ({ log }: Envelope): string =>
  Buffer.from(log?.payload ?? "", "base64")
    .toString("utf8")
    .trimEnd();

/** Undefined if the log cannot be had now: it is no part of what was committed. */
async function read({ cc, logCache, appGuid }: Where, query: string): Promise<Envelope[] | undefined> {
  try {
    const path = `${logCache}/api/v1/read/${appGuid}?envelope_types=LOG&${query}`;
    return (await cc.get<Batch>(path)).envelopes?.batch ?? [];
  } catch {
    return undefined;
  }
}

export interface Awaited extends Where {
  /** In the syntax of RE2. */
  readonly pattern: string;
  /** Only what is logged after this, in nanoseconds, counts. */
  readonly after: bigint;
  readonly untilMs: number;
  /** Whether something else is to be done by now. */
  readonly isObsolete: () => boolean;
}

/** Waits for a line of the app that matches. @returns the last lines before, if none has come in time. */
export async function untilLogged(awaited: Awaited): Promise<{ found: boolean; tail: string }> {
  const { untilMs } = awaited;
  const pattern = compilePattern(awaited.pattern);
  let [after, tail] = [awaited.after, [] as string[]];
  while (Date.now() < untilMs && !awaited.isObsolete()) {
    const read = await readLines(awaited, after);
    after = read.after;
    for (const { text } of read.lines) {
      if (pattern.test(text.slice(0, MAX_LINE), () => undefined)) return { found: true, tail: "" };
      tail = [...tail, text].slice(-20);
    }
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
  return { found: awaited.isObsolete(), tail: tail.join("\n") };
}
