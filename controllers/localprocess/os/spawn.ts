import { spawn, type ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { explain } from "./spawn-error.ts";

/** What to execute, with every reference in it resolved. */
export interface Program {
  argv: readonly string[];
  /** Absolute. */
  dir: string;
  env: Record<string, string>;
}

export type Child = ChildProcess & { pid: number; stdout: Readable; stderr: Readable };

/**
 * Starts a program in a session of its own, so that it leads its group and no terminal can reach it.
 *
 * @throws SpawnError when it cannot be started.
 */
export async function spawnProgram(program: Program): Promise<Child> {
  const { argv, dir, env } = program;
  let child: ChildProcess;
  try {
    if (argv.length === 0) throw Object.assign(new Error("no argv"), { code: "EINVAL" });
    child = spawn(argv[0]!, argv.slice(1), {
      cwd: dir,
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, program);
  }
  // Node throws some errors of a spawn and emits others; after the latter there is no pid.
  const failure = new Promise<NodeJS.ErrnoException>((resolve) => child.once("error", resolve));
  if (child.pid === undefined) throw explain(await failure, program);
  return child as Child;
}
