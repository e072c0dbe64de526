import { spawn, type ChildProcess } from "node:child_process";
import { Backoff, silentLog, type Log } from "../../client/index.ts";
import { GUARD_VARIABLE, OWNER_VARIABLE } from "./os/mark.ts";

export interface GuardOptions {
  /** How to run the program that calls `guardMain`; the store id is added as its last argument. */
  command: readonly [program: string, ...args: string[]];
  storeId: string;
  log?: Log;
}

export interface Guard {
  /** Of the guard that runs now; undefined between two of them. */
  readonly pid: number | undefined;
  /** A process has been started that leads this group. */
  watch(group: number): void;
  /** Nothing of that group is left. */
  forget(group: number): void;
  /** Lets go of it: it ends what is left, then itself. */
  stop(): void;
}

/** Starts the guard of this server, and starts it again should it die. */
export function startGuard(options: GuardOptions): Guard {
  const { log = silentLog, storeId } = options;
  const backoff = new Backoff({ initialMs: 100, maxMs: 10_000 });
  const groups = new Set<number>();
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  const start = () => {
    const present = spawnGuard(options);
    child = present;
    for (const group of groups) present.stdin?.write(`+${group}\n`);
    const ended = (fields: object) => {
      if (child !== present || isStopped) return;
      child = undefined;
      const delayMs = backoff.nextMs();
      log.warn({ ...fields, storeId, delayMs }, "guard process ended, starting another");
      timer = setTimeout(start, delayMs).unref();
    };
    present.once("error", (error) => ended({ error }));
    present.once("exit", (exitCode, signal) => ended({ exitCode, signal }));
  };
  start();

  return {
    get pid() {
      return child?.pid;
    },
    watch(group) {
      groups.add(group);
      child?.stdin?.write(`+${group}\n`);
    },
    forget(group) {
      if (groups.delete(group)) child?.stdin?.write(`-${group}\n`);
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
      child?.stdin?.end();
    },
  };
}

function spawnGuard({ command: [program, ...args], storeId }: GuardOptions): ChildProcess {
  // Without any mark: neither our own sweep nor that of a tiltish around this one must take it for a process to end.
  const { [OWNER_VARIABLE]: _, ...env } = process.env;
  const child = spawn(program, [...args, storeId], {
    cwd: "/",
    env: { ...env, [GUARD_VARIABLE]: storeId },
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.stdin?.on("error", () => undefined);
  child.unref();
  (child.stdin as { unref?: () => void } | null)?.unref?.();
  return child;
}
