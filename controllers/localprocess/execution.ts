import { resolve } from "node:path";
import type { Usage } from "../../apis/views/index.ts";
import type { Cause, LocalProcessSpec } from "../../apis/v1alpha1/index.ts";
import { logDirectoryOf, type LogOwner, LogWriter, LONGEST_DELAY_MS } from "../runtime/index.ts";
import { explainPort, LastWords } from "./diagnosis.ts";
import { Health, type HealthListener } from "./health.ts";
import type { ProcessEvent } from "./observation.ts";
import { makeLeaf } from "./os/cgroup.ts";
import { runCommand } from "./os/command.ts";
import type { PipePool } from "./os/pipes.ts";
import { environmentOf, expandPorts } from "./os/environment.ts";
import { ownerOf } from "./os/mark.ts";
import type { Program } from "./os/spawn.ts";
import { SpawnError } from "./os/spawn-error.ts";
import { ms } from "./policy.ts";
import type { PortAllocator } from "./ports.ts";
import type { Records } from "./records.ts";
import { Run, type Exit } from "./run.ts";
import type { Guard } from "./start-guard.ts";

/** What to run, and why. */
export interface Order {
  spec: LocalProcessSpec;
  /** Directory against which `spec.dir` is resolved. */
  root: string;
  cause: Cause;
}

export interface Services {
  storeId: string;
  /** Where the logs of all processes are. */
  logDirectory: string;
  records: Records;
  pipes: PipePool;
  ports: PortAllocator;
  /** Directory for the control groups of runs; undefined where there are none. */
  cgroup: string | undefined;
  guard?: Pick<Guard, "watch" | "forget">;
  onEvent: (owner: LogOwner, event: ProcessEvent) => void;
}

export interface ExecutionOptions {
  owner: LogOwner;
  order: Order;
  run: number;
  startTime: string;
  /** Ports of the run before. */
  ports?: Record<string, number>;
  /** When the log of the run before is complete. */
  after: Promise<void>;
  services: Services;
  listener: HealthListener & { onExit: (exit: Exit) => void; onTimeout: () => void };
}

/** One run of a process with all that goes with it: ports, log, probes, timeout, record. */
export class Execution {
  /** Resolves when its log is complete; called for once it has ended. */
  logClosed: Promise<void> | undefined;
  ports: Record<string, number> = {};
  readonly #options: ExecutionOptions;
  readonly #log: LogWriter;
  #health: Health | undefined;
  #program: Program | undefined;
  #run: Run | undefined;
  readonly #lastWords = new LastWords();
  #startedMs = performance.now();
  #timeout: NodeJS.Timeout | undefined;

  constructor(options: ExecutionOptions) {
    this.#options = options;
    const { owner, run, services, after } = options;
    this.#log = new LogWriter({ directory: logDirectoryOf(services.logDirectory, owner), run, after });
  }

  get startTime(): string {
    return this.#options.startTime;
  }

  get usage(): Usage | undefined {
    return this.#run?.usage();
  }

  get pid(): number | undefined {
    return this.#run?.pid;
  }

  get isReady(): boolean {
    return this.#health?.isReady ?? false;
  }

  get healthMessage(): string {
    return this.#health?.message ?? "";
  }

  get ranMs(): number {
    return performance.now() - this.#startedMs;
  }

  /** @throws SpawnError when it cannot be started; nothing runs then. */
  async start(): Promise<void> {
    const { owner, order, services, listener } = this.#options;
    const { spec } = order;
    this.ports = await this.#allocate();
    this.#health = this.#healthOf(spec);
    this.#program = this.#programOf(order);
    const { lines } = this.#health;
    const observe = (chunk: Buffer, stream: 0 | 1) => {
      lines.push(chunk, stream);
      if (stream === 1) this.#lastWords.push(chunk);
    };
    const mark = ownerOf(services.storeId, owner.uid);
    this.#startedMs = performance.now();
    this.#run = await Run.start({
      program: this.#program,
      owner: mark,
      log: this.#log,
      pipes: services.pipes,
      cgroup: makeLeaf(services.cgroup, `${owner.uid}.${this.#options.run}`),
      observe,
    });
    this.#record(this.#run.pid);
    this.setTimeout(spec);
    void this.#run.exited.then(listener.onExit);
  }

  /** Separate from `start`, so that a caller knows that it runs before a probe says anything. */
  startProbes(): void {
    const { dir, env } = this.#program!;
    this.#health?.start({ ports: this.ports, dir, env });
  }

  /** The timeout of a spec, counted from the start. */
  setTimeout({ timeout }: LocalProcessSpec): void {
    clearTimeout(this.#timeout);
    if (timeout === undefined || !this.#run) return;
    const leftMs = Math.min(ms(timeout) - this.ranMs, LONGEST_DELAY_MS);
    this.#timeout = setTimeout(this.#options.listener.onTimeout, Math.max(0, leftMs));
  }

  /** Exited or about to be ended: what its probes would say now is no news. */
  quiet(): void {
    clearTimeout(this.#timeout);
    this.#health?.stop();
  }

  /** Ends it, if it has not ended yet. Resolves with the exit of the program when nothing of it runs any more. */
  async end({ stop }: LocalProcessSpec): Promise<Exit> {
    this.quiet();
    const { owner, services } = this.#options;
    const run = this.#run;
    if (!run) return {};
    const graceMs = stop.gracePeriodSeconds * 1000;
    await run.end({
      signal: stop.signal,
      graceMs,
      command: stop.argv && ((timeout) => this.#runStopCommand(stop.argv!, timeout)),
      onKill: () => {
        if (graceMs > 0) this.#event("Warning", "Killing", `still there after ${graceMs / 1000}s: SIGKILL`);
      },
      onStuck: (pids) => this.#event("Warning", "CannotKill", `SIGKILL does not end pid ${pids.join(", ")}`),
    });
    services.guard?.forget(run.pid);
    services.records.remove(owner.uid);
    return run.exited;
  }

  /** What kept it from running, where that can be told from what it said. */
  explain(): Promise<string | undefined> {
    return explainPort(this.#lastWords.lines, this.#options.order.spec, this.ports);
  }

  note(text: string): void {
    this.#log.note(text);
  }

  closeLog(): Promise<void> {
    this.logClosed ??= this.#log.close();
    return this.logClosed;
  }

  async #allocate(): Promise<Record<string, number>> {
    const { owner, order, ports, services } = this.#options;
    try {
      return await services.ports.allocate(owner.uid, order.spec.ports, ports);
    } catch (error) {
      throw new SpawnError(`no free port: ${(error as Error).message}`, 1, error);
    }
  }

  #healthOf(spec: LocalProcessSpec): Health {
    try {
      return new Health(spec, this.ports, this.#options.listener);
    } catch (error) {
      throw new SpawnError((error as Error).message, 1, error);
    }
  }

  #programOf({ spec, root, cause }: Order): Program {
    const { owner, services } = this.#options;
    const dir = resolve(root, spec.dir ?? ".");
    return {
      argv: spec.argv.map((word) => expandPorts(word, this.ports)),
      dir,
      env: environmentOf({
        env: { ...spec.env, ...cause.inputs },
        inheritEnv: spec.inheritEnv,
        ports: this.ports,
        dir,
        owner: ownerOf(services.storeId, owner.uid),
        traceparent: cause.traceparent,
        tracestate: cause.tracestate,
      }),
    };
  }

  /** A full disk must not keep a process from running: the mark is enough to find it. */
  #record(pid: number): void {
    const { owner, run, startTime, services } = this.#options;
    services.guard?.watch(pid);
    try {
      services.records.write({ ...owner, run, pid, startTime });
    } catch (error) {
      this.note(`no record written: ${(error as Error).message}`);
    }
  }

  async #runStopCommand(argv: string[], timeout: AbortSignal): Promise<boolean> {
    const words = argv.map((word) => expandPorts(word, this.ports));
    const { exitCode, error, output } = await runCommand({ ...this.#program!, argv: words }, timeout);
    if (output) this.note(`stop command: ${output}`);
    if (exitCode === 0) return true;
    const why = error ?? `exited with code ${exitCode}`;
    this.#event("Warning", "Stopping", `the stop command failed, sending the signal: ${why}`);
    return false;
  }

  #event(type: ProcessEvent["type"], reason: ProcessEvent["reason"], message: string): void {
    this.#options.services.onEvent(this.#options.owner, { type, reason, message });
  }
}
