import type { LogWriter } from "./logs/index.ts";
import { endTree, type HowToEnd } from "./os/end.ts";
import type { PipePool } from "./os/pipes.ts";
import { spawnProgram, type Child, type Program } from "./os/spawn.ts";
import { readCursor, type PidCursor } from "./os/table.ts";
import { ProcessTree } from "./os/tree.ts";

export interface RunOptions {
  program: Program;
  /** Value of the mark. */
  owner: string;
  log: LogWriter;
  pipes: PipePool;
  /** Sees the output too. */
  observe: (chunk: Buffer, stream: 0 | 1) => void;
}

export interface Exit {
  exitCode?: number;
  signal?: string;
}

/** One execution of a program, from its start until nothing of it is left. */
export class Run {
  readonly pid: number;
  /** How the program itself ended. What it started may live on. */
  readonly exited: Promise<Exit>;
  readonly #tree: ProcessTree;

  private constructor(child: Child, { owner, log, observe }: RunOptions, before: PidCursor) {
    this.pid = child.pid;
    const isAlive = () => child.process.exitCode === null && child.process.signalCode === null;
    this.#tree = new ProcessTree({ pid: child.pid, isAlive }, owner, before);
    this.exited = new Promise((resolve) =>
      child.process.once("exit", (code, signal) =>
        resolve({ ...(code !== null && { exitCode: code }), ...(signal && { signal }) }),
      ),
    );
    log.attach(child.stdout, "stdout", (chunk) => observe(chunk, 0));
    log.attach(child.stderr, "stderr", (chunk) => observe(chunk, 1));
  }

  /** @throws SpawnError when it cannot be started. */
  static async start(options: RunOptions): Promise<Run> {
    const pipes = await options.pipes.take();
    const before = readCursor();
    return new Run(await spawnProgram(options.program, pipes), options, before);
  }

  /** Resolves when neither it nor anything that came of it runs. */
  end(how: HowToEnd): Promise<void> {
    return endTree({ tree: this.#tree, exited: this.exited }, how);
  }
}
