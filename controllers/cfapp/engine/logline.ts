import { compilePattern } from "../../../apis/regexp/index.ts";
import type { CloudController } from "../cf/index.ts";

const INTERVAL_MS = 500;
/** Of a line, this much is looked at. */
const MAX_LINE = 10_000;

interface Envelope {
  timestamp?: string;
  tags?: { source_type?: string };
  log?: { payload?: string };
}

interface Batch {
  envelopes?: { batch?: Envelope[] };
}

interface Where {
  readonly cc: CloudController;
  readonly logCache: string;
  readonly appGuid: string;
}

/** Time of the newest line that an app has logged, in nanoseconds, by the clock of the platform if it answers. */
export async function newestLine(where: Where): Promise<bigint> {
  const [newest] = (await read(where, "descending=true&limit=1")) ?? [];
  return newest?.timestamp === undefined ? BigInt(Date.now()) * 1_000_000n : BigInt(newest.timestamp);
}

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
    const lines = await read(awaited, `limit=1000&start_time=${after + 1n}`);
    for (const { timestamp = "0", tags, log } of lines ?? []) {
      after = BigInt(timestamp) > after ? BigInt(timestamp) : after;
      if (!(tags?.source_type ?? "APP").startsWith("APP")) continue;
      const line = Buffer.from(log?.payload ?? "", "base64")
        .toString("utf8")
        .trimEnd();
      if (pattern.test(line.slice(0, MAX_LINE), () => undefined)) return { found: true, tail: "" };
      tail = [...tail, line].slice(-20);
    }
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
  return { found: awaited.isObsolete(), tail: tail.join("\n") };
}
