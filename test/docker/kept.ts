import { type ChildProcess, spawn } from "node:child_process";
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
  /** Kills it, and leaves everything as it is. */
  crash(): void;
  /** Starts it again after a crash. */
  revive(): Promise<void>;
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
  const ready = () => untilReady(keeper, () => isReady(directory).catch(() => false));
  if (await ready())
    return {
      directory,
      stop,
      crash: () => void keeper.kill("SIGUSR1"),
      async revive() {
        keeper.kill("SIGUSR2");
        if (!(await ready())) throw new Error(`${name} did not start again`);
      },
    };
  const last = logOf(directory);
  await stop();
  throw new Error(`${name} did not start, and the tests of images need it (bash scripts/tools.sh):\n${last}`);
}

async function untilReady(keeper: ChildProcess, isReady: () => Promise<boolean>): Promise<boolean> {
  for (const giveUpMs = Date.now() + START_MS; Date.now() < giveUpMs && keeper.exitCode === null;) {
    if (await isReady()) return true;
    await wait(50);
  }
  return false;
}

function logOf(directory: string): string {
  try {
    return readFileSync(join(directory, "log"), "utf8").slice(-4_000);
  } catch {
    return "";
  }
}
