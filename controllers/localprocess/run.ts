import type { Usage } from "../../apis/views/index.ts";
import type { LogWriter } from "../runtime/index.ts";
import type { Leaf } from "./os/cgroup.ts";
import { endTree, type HowToEnd } from "./os/end.ts";
import type { PipePool } from "./os/pipes.ts";
import { spawnProgram, type Child, type Program } from "./os/spawn.ts";
import { readCursor, readTable, type PidCursor } from "./os/table.ts";
import { usedBy } from "./os/usage.ts";
import { ProcessTree } from "./os/tree.ts";

const SHORTEST_WINDOW_MS = 1_000;

export interface RunOptions {
  program: Program;
  /** Value of the mark. */
  owner: string;
  log: LogWriter;
  pipes: PipePool;
  /** Where it is put, and whoever descends from it. */
  cgroup?: Leaf | undefined;
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
  #measured: { atMs: number; cpuMs: number; nanocores?: number } = { atMs: performance.now(), cpuMs: 0 };
  readonly #cgroup: Leaf | undefined;
  readonly #enclosed: Promise<void> | undefined;

  private constructor(child: Child, { owner, log, observe, cgroup }: RunOptions, before: PidCursor) {
    this.pid = child.pid;
    this.#cgroup = cgroup;
    this.#enclosed = cgroup?.enclose(child.pid, () => readTable(before));
    const isAlive = () => child.process.exitCode === null && child.process.signalCode === null;
    this.#tree = new ProcessTree({ pid: child.pid, isAlive, cgroup }, owner, before);
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
    try {
      return new Run(await spawnProgram(options.program, pipes), options, before);
    } catch (error) {
      options.cgroup?.remove();
      throw error;
    }
  }

  /** What it uses, and all of its group, session and control group. CPU is that since it was asked last. */
  usage(): Usage {
    const now = performance.now();
    const { pid } = this;
    const { startTicks } = this.#tree;
    const { cpuMs, memoryBytes } = usedBy({ pid, startTicks }, this.#cgroup?.pids() ?? []);
    const { atMs, cpuMs: before, nanocores } = this.#measured;
    const windowMs = now - atMs;
    // Over less than this the clock of the kernel is too coarse.
    if (windowMs < SHORTEST_WINDOW_MS && nanocores !== undefined)
      return { nanocores, memoryBytes, timeMs: Date.now(), windowMs };
    const rate = (Math.max(0, cpuMs - before) / Math.max(1, windowMs)) * 1e9;
    this.#measured = { atMs: now, cpuMs, nanocores: rate };
    return { nanocores: rate, memoryBytes, timeMs: Date.now(), windowMs };
  }

  /** Resolves when neither it nor anything that came of it runs. */
  async end(how: HowToEnd): Promise<void> {
    await endTree({ tree: this.#tree, exited: this.exited }, how);
    await this.#enclosed;
    this.#cgroup?.remove();
  }
}
