/**
 * Kills a writing process at random moments, and checks that the store is what was acknowledged (G1, G2, G3).
 *
 *     node --import tsx test/server/storage/crash-cycle.ts --cycles 200 [--seed N] [--directory D]
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CrashModel, type Findings } from "./crash-model.ts";

export interface CrashOptions {
  readonly directory: string;
  readonly cycles: number;
  readonly seed: number;
  readonly onCycle?: (cycle: number, findings: Findings) => void;
}

/** Where the process kills itself, in a third of the cycles. */
const FAILPOINTS = ["beforeCommit", "afterCommit", "beforeAnswer", "beforeNotify", "beforeCompactionCommit"];

/** Starts a process that writes to the store until it ends. */
export function startWriter(directory: string, failpoints = ""): ChildProcess {
  const script = fileURLToPath(new URL("crash-writer.ts", import.meta.url));
  const env = { ...process.env, TILTISH_FAILPOINTS: failpoints };
  const stdio: ["ignore", "pipe", "inherit"] = ["ignore", "pipe", "inherit"];
  return spawn(process.execPath, ["--import", "tsx", script, directory], { env, stdio });
}

/** What was found after each of the cycles, summed up. */
export async function runCrashCycles({ directory, cycles, seed, onCycle }: CrashOptions): Promise<Findings> {
  const random = randomOf(seed);
  const model = new CrashModel(directory);
  for (let cycle = 1; cycle <= cycles; cycle += 1) {
    model.acknowledge(await runUntilKilled(directory, random));
    await model.verify();
    onCycle?.(cycle, model.findings);
  }
  return model.findings;
}

/** The lines that a writer printed before it was killed. */
async function runUntilKilled(directory: string, random: () => number): Promise<string[]> {
  const killsItself = random() < 1 / 3;
  const failpoint = FAILPOINTS[Math.floor(random() * FAILPOINTS.length)]!;
  const writer = startWriter(
    directory,
    killsItself ? `store.${failpoint}=kill@${1 + Math.floor(random() * 50)}` : "",
  );
  const exit = once(writer, "exit");
  const output = outputOf(writer);
  const isAtStart = random() < 0.1;
  const moment = random();
  if (!isAtStart) await Promise.race([once(writer.stdout!, "data"), exit]);
  await Promise.race([delay(killsItself ? 3_000 : moment * (isAtStart ? 500 : 250)), exit]);
  writer.kill("SIGKILL");
  const [code] = await exit;
  if (code !== null) throw new Error(`the writer ended by itself, with code ${String(code)}`);
  return output;
}

/** The complete lines that a writer printed until it ended. */
export async function outputOf({ stdout }: ChildProcess): Promise<string[]> {
  let text = "";
  stdout!.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  await once(stdout!, "close");
  return text.split("\n").slice(0, -1); // what follows the last newline was not printed completely
}

/** The same numbers for the same seed: mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      cycles: { type: "string", default: "200" },
      seed: { type: "string", default: "1" },
      directory: { type: "string" },
    },
  });
  const directory = values.directory ?? mkdtempSync(join(tmpdir(), "tiltish-crash-"));
  const onCycle = (cycle: number, findings: Findings) => {
    if (cycle % 10 === 0) console.log(cycle, JSON.stringify(findings));
  };
  const cycles = Number(values.cycles);
  console.log(
    JSON.stringify(await runCrashCycles({ directory, cycles, seed: Number(values.seed), onCycle })),
  );
  if (!values.directory) rmSync(directory, { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
