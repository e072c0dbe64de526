import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { endGroup, signalGroup } from "./group.ts";
import { Output } from "./output.ts";

export interface SupervisorOptions {
  /** Program and arguments; no shell. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
  /** Where its output goes on to. */
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/** How the app is asked to end. */
export interface Ending {
  readonly signal: NodeJS.Signals;
  readonly graceMs: number;
}

export interface ChildState {
  /** 0 if none runs. */
  readonly pid: number;
  /** How the last one ended: an exit code, a signal, or why it could not be started; empty if none has ended yet. */
  readonly exit: string;
}

const [MIN_WAIT_MS, MAX_WAIT_MS, STEADY_MS] = [200, 5000, 10_000];
/** Its last lines may arrive after the news of its end. */
const LAST_LINES_MS = 200;

/**
 * Runs the app in a process group of its own, and runs it again when it is asked to or when it exits, later and later if
 * it goes on doing so. Nothing of a former group is left when the next process is started.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly output = new Output();
  #child: ChildProcess | undefined;
  #group = 0;
  #exit = "";
  #closed: Promise<unknown> = Promise.resolve();
  #startedAt = 0;
  #waitMs = MIN_WAIT_MS;
  #timer: NodeJS.Timeout | undefined;
  #ending: Promise<void> | undefined;
  #isOver = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  get state(): ChildState {
    return { pid: this.#child?.pid ?? 0, exit: this.#exit };
  }

  start(): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    const { command, cwd, env } = this.#options;
    this.output.clear();
    this.#startedAt = Date.now();
    const child = spawn(command[0]!, command.slice(1), {
      cwd,
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    [this.#child, this.#group] = [child, child.pid ?? 0];
    this.#closed = once(child, "close").catch(() => undefined);
    this.#passOn(child);
    child.once("error", (error) =>
      this.#ended(child, (error as NodeJS.ErrnoException).code ?? error.message),
    );
    child.once("exit", (code, signal) => this.#ended(child, signal ?? String(code)));
  }

  /** Ends what runs and starts it again. Resolves when it has been started; who asks meanwhile shares it. */
  async restart(ending: Ending): Promise<void> {
    if (!this.#ending) {
      this.#waitMs = MIN_WAIT_MS;
      this.#ending = this.#end(ending).then(() => {
        this.#ending = undefined;
        this.start();
      });
    }
    await this.#ending;
  }

  /** Ends it for good. */
  async stop(ending: Ending): Promise<void> {
    this.#isOver = true;
    await this.#ending;
    await this.#end(ending);
  }

  /** The last lines of a process that has ended. */
  async lastLines(): Promise<string> {
    await Promise.race([this.#closed, delay(LAST_LINES_MS, undefined, { ref: false })]);
    return this.output.tail();
  }

  async #end({ signal, graceMs }: Ending): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#group) await endGroup(this.#group, signal, graceMs);
    this.#group = 0;
  }

  #ended(child: ChildProcess, exit: string): void {
    if (this.#child !== child) return;
    [this.#child, this.#exit] = [undefined, exit];
    this.#options.log(`the app has ended: ${exit}`);
    if (this.#ending || this.#isOver) return;
    // What it leaves behind would hold its port.
    if (this.#group) signalGroup(this.#group, "SIGKILL");
    const wasSteady = Date.now() - this.#startedAt > STEADY_MS;
    if (wasSteady) this.#waitMs = MIN_WAIT_MS;
    this.#timer = setTimeout(() => this.start(), this.#waitMs);
    this.#waitMs = Math.min(this.#waitMs * 2, MAX_WAIT_MS);
  }

  #passOn(child: ChildProcess): void {
    for (const name of ["stdout", "stderr"] as const) {
      const stream = child[name]!;
      stream.on("error", () => undefined);
      stream.on("data", (bytes: Buffer) => {
        this.output.append(bytes);
        const to = this.#options[name];
        if (to.write(bytes)) return;
        // Nothing piles up here: whoever writes too fast waits, as with a pipe.
        stream.pause();
        to.once("drain", () => stream.resume());
      });
    }
  }
}
