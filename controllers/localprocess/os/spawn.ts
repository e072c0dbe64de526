import { spawn, type ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { closeWritable, type OutputPipe } from "./pipes.ts";
import { explain } from "./spawn-error.ts";

/** What to execute, with every reference in it resolved. */
export interface Program {
  argv: readonly string[];
  /** Absolute. */
  dir: string;
  env: Record<string, string>;
}

export interface Child {
  process: ChildProcess;
  pid: number;
  stdout: Readable;
  stderr: Readable;
}

/**
 * Starts a program in a session of its own, so that it leads its group and no terminal can reach it.
 *
 * @param pipes - For its stdout and stderr; without them it gets sockets.
 * @throws SpawnError when it cannot be started.
 */
export async function spawnProgram(program: Program, pipes?: [OutputPipe, OutputPipe]): Promise<Child> {
  try {
    const child = start(program, pipes);
    // Node throws some errors of a spawn and emits others; after the latter there is no pid.
    const failure = new Promise<Error>((resolve) => child.once("error", resolve));
    if (child.pid === undefined) throw await failure;
    const [stdout, stderr] = pipes?.map(({ readable }) => readable) ?? [child.stdout, child.stderr];
    return { process: child, pid: child.pid, stdout: stdout!, stderr: stderr! };
  } catch (error) {
    for (const { readable } of pipes ?? []) readable.destroy();
    throw explain(error as NodeJS.ErrnoException, program);
  } finally {
    closeWritable(pipes);
  }
}

function start({ argv: [file, ...args], dir, env }: Program, pipes?: [OutputPipe, OutputPipe]): ChildProcess {
  if (file === undefined) throw new Error("nothing to start");
  const [stdout, stderr] = pipes?.map(({ writableFd }) => writableFd) ?? [];
  return spawn(file, args, {
    cwd: dir,
    env,
    detached: true,
    stdio: ["ignore", stdout ?? "pipe", stderr ?? "pipe"],
  });
}
