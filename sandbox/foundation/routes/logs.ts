import type { FastifyInstance } from "fastify";
import type { Envelope } from "../logs.ts";
import type { Query } from "../page.ts";
import type { Platform } from "../platform.ts";

const MAX_LINES = 1000;
const FOREVER = 2n ** 63n - 1n;

/** The last lines of an app, as the cache of logs has them. */
export function logRoutes(http: FastifyInstance, { logs }: Platform): void {
  http.get("/api/v1/info", () => ({ version: "3.0.0", vm_uptime: "1000" }));
  http.get("/api/v1/read/:guid", ({ params, query }) => {
    const { guid } = params as { guid: string };
    const asked = query as Query;
    const range = [nanoseconds(asked["start_time"], 0n), nanoseconds(asked["end_time"], FOREVER)] as const;
    const limit = Math.min(Number(asked["limit"] ?? 100) || 100, MAX_LINES);
    const lines = logs.read(guid, range);
    const newest = asked["descending"] === "true";
    const batch = newest ? lines.toReversed().slice(0, limit) : lines.slice(0, limit);
    return { envelopes: { batch: batch.map((one) => view(guid, one)) } };
  });
}

const nanoseconds = (text: string | undefined, otherwise: bigint): bigint =>
  text !== undefined && /^-?\d{1,19}$/.test(text) ? BigInt(text) : otherwise;

const view = (guid: string, { timestamp, line }: Envelope): object => ({
  timestamp: String(timestamp),
  source_id: guid,
  instance_id: String(line.index),
  deprecated_tags: {},
  tags: { source_type: line.source, source_id: guid, instance_id: String(line.index) },
  log: { payload: Buffer.from(line.text).toString("base64"), type: line.stream },
});
