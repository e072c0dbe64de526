import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const KEEPER = fileURLToPath(new URL("keeper.mjs", import.meta.url));
const START_MS = 60_000;

export interface Kept {
  readonly directory: string;
  /** Ends it, and takes its directory away. */
  stop(): Promise<void>;
}

interface KeptOptions {
  name: string;
  command: (directory: string) => [string, ...string[]];
  isReady: (directory: string) => Promise<boolean>;
  prepare?: (directory: string) => Promise<void>;
}

/** A program with a directory of its own; both are gone when this process is, even if it is killed. */
export async function startKept({ name, command, isReady, prepare }: KeptOptions): Promise<Kept> {
  const directory = await mkdtemp(join(tmpdir(), `tiltish-${name}-`));
  await prepare?.(directory);
  const keeper = spawn(process.execPath, [KEEPER, directory, ...command(directory)], {
    stdio: ["pipe", "ignore", "inherit"],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => keeper.once("exit", () => resolve()));
  const stop = (): Promise<void> => {
    keeper.stdin.end();
    return ended;
  };
  let last = "";
  for (
    const giveUpMs = Date.now() + START_MS;
    Date.now() < giveUpMs && keeper.exitCode === null;
    await wait(50)
  ) {
    if (await isReady(directory).catch(() => false)) return { directory, stop };
    last = logOf(directory) || last;
  }
  await stop();
  throw new Error(`${name} did not start, and the tests of images need it (bash scripts/tools.sh):\n${last}`);
}

function logOf(directory: string): string {
  try {
    return readFileSync(join(directory, "log"), "utf8").slice(-4_000);
  } catch {
    return "";
  }
}
