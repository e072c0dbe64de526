import { once } from "node:events";
import type { SpawnOptions } from "node:child_process";
import { start } from "./children.ts";

/**
 * How long a command takes, from just before it is started until it has ended.
 *
 * @throws Error if it fails: a fast failure is no result.
 */
export async function timed(argv: readonly string[], options: SpawnOptions = {}): Promise<number> {
  const begin = performance.now();
  const child = start(argv, { stdio: ["ignore", "pipe", "pipe"], ...options });
  let said = "";
  child.stdout?.resume();
  child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
  const [code] = (await once(child, "close")) as [number | null];
  const tookMs = performance.now() - begin;
  if (code === 0) return tookMs;
  throw new Error(`${argv.join(" ")} ended with ${code}: ${said.slice(-500)}`);
}
