import { isDeepStrictEqual } from "node:util";
import { type Answer } from "./answer.ts";
import { problemOf, replayOf, valueOf } from "./check.ts";
import { Connection, type Door } from "./client.ts";
import { type FuzzRequest, requestOf } from "./grammar/requests.ts";
import { randomOf } from "./random.ts";

export interface FuzzOptions {
  seed: number;
  requests: number;
  /** One connection through each. */
  doors: readonly Door[];
  token: string;
  /** Before each request. */
  onRequest: (index: number) => void;
  /** How the server has ended, if it has. */
  endOf: () => string | undefined;
}

/** A request that was not answered as it should be. */
export interface Failure {
  index: number;
  problem: string;
  replay: string;
}

export interface FuzzResult {
  failures: Failure[];
  /** How often each status was answered. */
  statuses: Record<string, number>;
}

/** So many are told; after that nothing new is learnt. */
const MAX_FAILURES = 20;

/** Sends all requests, as many at once as there are doors. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const result: FuzzResult = { failures: [], statuses: {} };
  const memory = new Memory();
  let next = 0;
  const work = async (door: Door): Promise<void> => {
    const connection = new Connection(door);
    while (next < options.requests && result.failures.length < MAX_FAILURES) {
      const index = next++;
      options.onRequest(index);
      const turn = { index, door, connection, memory, result };
      await one(turn, options);
      if (options.endOf() !== undefined) return;
    }
    connection.close();
  };
  await Promise.all(options.doors.map(work));
  return result;
}

interface Turn {
  index: number;
  door: Door;
  connection: Connection;
  memory: Memory;
  result: FuzzResult;
}

async function one(
  { index, door, connection, memory, result }: Turn,
  { seed, token, endOf }: FuzzOptions,
): Promise<void> {
  const host = "port" in door ? `127.0.0.1:${door.port}` : "localhost";
  const caller = { token, host, recall: (path: string) => memory.recall(path) };
  const request = requestOf(randomOf(seed, index), caller);
  const outcome = await connection.exchange(request);
  const end = endOf();
  // It may have been any of those that were being answered.
  if (end !== undefined) return void result.failures.push({ index, problem: end, replay: replayOf(request) });
  for (const { status } of outcome.answers) result.statuses[status] = (result.statuses[status] ?? 0) + 1;
  const problem = problemOf(request, outcome);
  if (problem)
    result.failures.push({
      index,
      problem: `${request.method} ${request.url}\n${problem}`,
      replay: replayOf(request),
    });
  else memory.remember(request, outcome.answers[0]);
}

/** Objects that were answered lately, by their paths. */
class Memory {
  readonly #objects = new Map<string, unknown>();
  readonly #most = 200;

  recall(path: string): unknown {
    return this.#objects.get(path);
  }

  remember({ url, method }: FuzzRequest, answer: Answer | undefined): void {
    if (!answer || answer.status >= 300 || method === "HEAD" || url.includes("?")) return;
    const value = valueOf(answer);
    if (typeof value !== "object" || value === null || !("metadata" in value) || "items" in value) return;
    if (isDeepStrictEqual(this.#objects.get(url), value)) return;
    this.#objects.delete(url);
    this.#objects.set(url, value);
    if (this.#objects.size > this.#most) this.#objects.delete(this.#objects.keys().next().value!);
  }
}
