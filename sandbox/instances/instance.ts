import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { Container, type ContainerOptions } from "./container.ts";
import { type HealthCheck, isHealthy, type Timing } from "./health.ts";
import { isolationHere } from "./namespace.ts";

/** What an instance runs. */
export interface Workload extends Omit<ContainerOptions, "index"> {
  readonly command: string;
  readonly health: HealthCheck;
  readonly timing: Timing;
  log(line: LogLine): void;
}

export interface LogLine {
  readonly index: number;
  /** Such as APP/PROC/WEB. */
  readonly source: string;
  readonly stream: "OUT" | "ERR";
  readonly text: string;
}

export type InstanceState = "STARTING" | "RUNNING" | "CRASHED" | "DOWN" | "STOPPING";

const MAX_OUTPUT = 1_000_000;
/** Crashes that are answered with a new container at once. */
const FREE_CRASHES = 3;
const STEADY_MS = 300_000;
const MAX_BACKOFF = 32;

/** One of the places at which an app runs. Whatever ends its process, the next one is in a fresh container. */
export class Instance {
  readonly index: number;
  readonly #workload: Workload;
  #state: InstanceState = "DOWN";
  #container: Container | undefined;
  #child: ChildProcess | undefined;
  #isWanted = false;
  #crashes = 0;
  #retry: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  /** Why it is not running. */
  details: string | undefined;
  /** What its processes have printed, the last of it. */
  output = "";

  constructor(index: number, workload: Workload) {
    [this.index, this.#workload] = [index, workload];
  }

  get state(): InstanceState {
    return this.#state;
  }

  get container(): Container | undefined {
    return this.#container;
  }

  /** Identity of the container; empty if there is none. */
  get guid(): string {
    return this.#container?.guid ?? "";
  }

  /** The start command, as the system knows it; 0 if it does not run. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** How often it has crashed since it was healthy for long. */
  get crashes(): number {
    return this.#crashes;
  }

  start(): Promise<void> {
    this.#isWanted = true;
    return this.#next(() => this.#up());
  }

  stop(): Promise<void> {
    this.#isWanted = false;
    clearTimeout(this.#retry);
    return this.#next(() => this.#down());
  }

  /** As a cell that is evacuated, or whoever asks for a restart of one instance: a new container, from the droplet. */
  replace(): Promise<void> {
    return this.#next(async () => {
      await this.#down();
      await this.#up();
    });
  }

  /** Sends a signal to the process that is the start command. */
  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    this.#child?.kill(signal);
  }

  /** One thing after the other. */
  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }

  async #up(): Promise<void> {
    if (!this.#isWanted || this.#container) return;
    this.#state = "STARTING";
    this.details = undefined;
    const container = await this.#create();
    if (!container) return;
    this.#container = container;
    const child = (this.#child = container.launch(this.#workload.command));
    child.stdin!.end();
    this.#collect(child);
    // What it has left behind may keep its output open; that it is gone is what counts.
    child.on("exit", (code, signal) => {
      const how = signal === null ? `exited with status ${code}` : `was ended by ${signal}`;
      void this.#next(() => this.#lost(container, `APP/PROC/WEB: ${how}`));
    });
    child.on("error", (error) => void this.#next(() => this.#lost(container, error.message)));
    void this.#watch(container);
  }

  /** Undefined if the droplet does not fit, say: then it is tried again later, as after a crash. */
  async #create(): Promise<Container | undefined> {
    try {
      return await Container.create({ ...this.#workload, index: this.index });
    } catch (error) {
      this.#crashed(`no container can be made: ${(error as Error).message}`);
      return undefined;
    }
  }

  async #down(): Promise<void> {
    const [container, child] = [this.#container, this.#child];
    if (container && child && child.exitCode === null && child.signalCode === null) {
      this.#state = "STOPPING";
      const ended = once(child, "exit");
      signalGroup(child, "SIGTERM");
      await Promise.race([ended, wait(this.#workload.timing.stopMs, undefined, { ref: false })]);
    }
    endGroup(child);
    [this.#container, this.#child] = [undefined, undefined];
    await container?.destroy();
    this.#state = "DOWN";
  }

  /** The container goes with its process. */
  async #lost(container: Container, why: string): Promise<void> {
    if (this.#container !== container) return;
    endGroup(this.#child);
    [this.#container, this.#child] = [undefined, undefined];
    if (Date.now() - container.startedAt > STEADY_MS) this.#crashes = 0;
    [this.#state, this.details] = ["CRASHED", why];
    await container.destroy();
    this.#crashed(why);
  }

  #crashed(why: string): void {
    this.#state = "CRASHED";
    this.details = why;
    this.#log("CELL", "ERR", `Process has crashed: ${why}`);
    this.#crashes++;
    if (!this.#isWanted) return;
    this.#retry = setTimeout(() => void this.start().catch(() => undefined), this.#backoff());
  }

  #backoff(): number {
    const over = this.#crashes - FREE_CRASHES;
    return over <= 0 ? 0 : this.#workload.timing.crashBackoffMs * Math.min(2 ** (over - 1), MAX_BACKOFF);
  }

  async #watch(container: Container): Promise<void> {
    const { health, timing } = this.#workload;
    const deadline = Date.now() + health.timeoutSeconds * 1000;
    const rest = (ms: number) => wait(ms, undefined, { signal: container.signal, ref: false });
    try {
      while (!(await isHealthy(health, container.port))) {
        if (Date.now() > deadline) return this.#unhealthy(container, "it never became healthy");
        await rest(timing.startMs);
      }
      if (this.#container === container && this.#state === "STARTING") this.#state = "RUNNING";
      while (health.type !== "process") {
        await rest(timing.intervalMs);
        if (!(await isHealthy(health, container.port)))
          return this.#unhealthy(container, "it became unhealthy");
      }
    } catch {
      // The container has ended.
    }
  }

  #unhealthy(container: Container, why: string): void {
    void this.#next(() => this.#lost(container, `health check failed: ${why}`));
  }

  #collect(child: ChildProcess): void {
    for (const [stream, type] of [
      [child.stdout!, "OUT"],
      [child.stderr!, "ERR"],
    ] as const) {
      let rest = "";
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.output = (this.output + text).slice(-MAX_OUTPUT);
        const lines = (rest + text).split("\n");
        rest = lines.pop()!;
        for (const line of lines) this.#log("APP/PROC/WEB", type, line);
      });
      stream.on("end", () => rest && this.#log("APP/PROC/WEB", type, rest));
      stream.on("error", () => undefined);
    }
  }

  #log(source: string, stream: LogLine["stream"], text: string): void {
    this.#workload.log({ index: this.index, source, stream, text });
  }
}

/** The process and its group are told, as a container tells its processes. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid) process.kill(-pid, signal);
  } catch {
    // It was faster.
  }
}

/** Where nothing else tells what belongs to a container, its process group does. */
function endGroup(child: ChildProcess | undefined): void {
  if (child && isolationHere() === "none") signalGroup(child, "SIGKILL");
}
