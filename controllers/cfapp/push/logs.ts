import type { Calls } from "./calls.ts";

const LINES = 20;

interface Batch {
  envelopes?: { batch?: { tags?: { source_type?: string }; log?: { payload?: string } }[] };
}

/** The last lines that an app, or what stages it, has logged since a time; empty if they cannot be had. */
export async function logTail(
  calls: Calls,
  { appGuid, source, sinceMs }: { appGuid: string; source: RegExp; sinceMs: number },
): Promise<string> {
  try {
    const { logCache } = await calls.cc.platform();
    if (!logCache) return "";
    const query = `envelope_types=LOG&descending=true&limit=1000&start_time=${BigInt(sinceMs) * 1_000_000n}`;
    const { envelopes } = await calls.get<Batch>(`${logCache}/api/v1/read/${appGuid}?${query}`);
    const lines = (envelopes?.batch ?? [])
      .filter(({ tags }) => source.test(tags?.source_type ?? ""))
      .slice(0, LINES)
      .map(({ log }) =>
        Buffer.from(log?.payload ?? "", "base64")
          .toString("utf8")
          .trimEnd(),
      );
    return lines.toReversed().join("\n");
  } catch {
    // It is told what has failed all the same.
    return "";
  }
}
