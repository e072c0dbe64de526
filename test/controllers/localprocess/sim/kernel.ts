import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import type { SimClock } from "./clock.ts";

/** How a program behaves that is started next. */
export interface Behaviour {
  /** It cannot be started; later is how Node tells some errors. */
  failure?: { code: string; isLater: boolean };
  /** It ends by itself. */
  exit?: { afterMs: number; code: number };
  onTerm: { how: "die" } | { how: "ignore" } | { how: "exit"; afterMs: number; code: number };
  /** It takes this long to die of a SIGKILL, as one does that waits for a disk. */
  killMs?: number;
  /** It leaves one behind, in its group or in a session of its own, that asks for as long to die. */
  child?: { isInGroup: boolean; ignoresTerm: boolean };
  /** When it says that it is up. */
  saysUpAfterMs?: number;
}

export interface SimProcess {
  readonly pid: number;
  readonly group: number;
  readonly session: number;
  parent: number;
  readonly startTicks: number;
  readonly argv: readonly string[];
  readonly env: Record<string, string>;
  readonly behaviour: Behaviour;
  /** The run that it belongs to: the pid of its leader. */
  readonly run: number;
  child?: SimChild;
}

const WELL_BEHAVED: Behaviour = { onTerm: { how: "die" }, saysUpAfterMs: 1 };
const SERVER = 2;

/** Linux, as far as a server sees it that starts and ends processes. */
export class SimKernel {
  readonly clock: SimClock;
  /** What the programs do that are started next; then they run until they are told to end. */
  behaviours: Behaviour[] = [];
  /** Every start there was. */
  readonly starts: SimProcess[] = [];
  /** How often a start was tried, and the last of these. */
  attempts = 0;
  lastAttempt: Pick<SimProcess, "argv" | "env"> | undefined;
  /** What must not have happened. */
  readonly violations: string[] = [];
  /** Called before everything that the server does to the world. */
  onCall: () => void = () => undefined;
  /** The server is being killed: what it still does has no effect. */
  isServerDead = false;
  readonly #processes = new Map<number, SimProcess>();
  #lastPid = 100;

  constructor(clock: SimClock) {
    this.clock = clock;
  }

  get alive(): SimProcess[] {
    return [...this.#processes.values()];
  }

  spawn(argv: readonly string[], env: Record<string, string>): SimChild {
    this.onCall();
    const behaviour = this.behaviours.shift() ?? WELL_BEHAVED;
    if (!this.isServerDead) [this.attempts, this.lastAttempt] = [this.attempts + 1, { argv, env }];
    const { failure } = behaviour;
    const code = this.isServerDead ? "EAGAIN" : failure?.code;
    if (code && !failure?.isLater) throw errno(code);
    const child = new SimChild();
    if (code) queueMicrotask(() => child.emit("error", errno(code)));
    else this.#start(child, { argv, env, behaviour });
    return child;
  }

  /** As the system call: a negative pid is a group. */
  kill(pid: number, signal: string | number): void {
    if (signal !== 0) this.onCall();
    const hit = this.alive.filter((process) => (pid > 0 ? process.pid === pid : process.group === -pid));
    if (hit.length === 0) throw errno("ESRCH");
    if (signal === 0 || this.isServerDead) return;
    for (const process of hit) this.signal(process, String(signal));
  }

  signal(process: SimProcess, signal: string): void {
    const { onTerm, killMs = 0 } = process.behaviour;
    if (signal === "SIGKILL" && killMs > 0) this.clock.after(killMs, () => this.die(process, { signal }));
    else if (signal === "SIGKILL" || onTerm.how === "die") this.die(process, { signal });
    else if (onTerm.how === "exit")
      this.clock.after(onTerm.afterMs, () => this.die(process, { code: onTerm.code }));
  }

  die(process: SimProcess, { code = null, signal = null }: { code?: number | null; signal?: string | null }) {
    if (!this.#processes.delete(process.pid)) return;
    for (const other of this.alive) if (other.parent === process.pid) other.parent = 1;
    const { child } = process;
    if (child && !this.alive.some(({ run }) => run === process.run)) child.endOutput();
    if (!child) {
      const leader = this.starts.find(({ pid }) => pid === process.run);
      if (!this.alive.some(({ run }) => run === process.run)) leader?.child?.endOutput();
      return;
    }
    queueMicrotask(() => child.exit(code, signal));
  }

  /** A file of /proc, or undefined if there is none. */
  readProc(path: string): string | undefined {
    if (path === "loadavg") return `0.0 0.0 0.0 1/1 ${this.#lastPid}\n`;
    if (path === "stat") return `processes ${this.#lastPid}\n`;
    if (path === "sys/kernel/pid_max") return "4194304\n";
    if (path === "sys/kernel/random/boot_id") return "boot\n";
    const [pid, file] = path.split("/");
    const process = this.#processes.get(Number(pid));
    if (!process) return undefined;
    if (file === "cmdline") return process.argv.join("\0");
    if (file === "environ") return environOf(process.env);
    const { group, session, parent, startTicks } = process;
    const rest = `${group} ${session} 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 ${startTicks} 0 0`;
    return `${process.pid} (a (b) c) S ${parent} ${rest}`;
  }

  listProc(): string[] {
    return ["stat", "loadavg", "self", ...[...this.#processes.keys()].map(String)];
  }

  #start(child: SimChild, { argv, env, behaviour }: Pick<SimProcess, "argv" | "env" | "behaviour">): void {
    const twins = this.alive.map(({ pid, run }) => `${pid} of run ${run}`);
    if (twins.length > 0) this.violations.push(`started while ${twins.join(", ")} still ran`);
    const leader = this.#fork({ argv, env, behaviour, parent: SERVER });
    leader.child = child;
    child.pid = leader.pid;
    this.starts.push(leader);
    if (behaviour.child) this.#leaveBehind(leader, behaviour.child);
    const { exit, saysUpAfterMs } = behaviour;
    if (exit) this.clock.after(exit.afterMs, () => this.die(leader, { code: exit.code }));
    if (saysUpAfterMs !== undefined) this.clock.after(saysUpAfterMs, () => this.#say(leader, "up\n"));
  }

  #leaveBehind(leader: SimProcess, child: NonNullable<Behaviour["child"]>): void {
    const { argv, env, pid } = leader;
    const { killMs } = leader.behaviour;
    const onTerm = { how: child.ignoresTerm ? "ignore" : "die" } as const;
    const behaviour: Behaviour = { onTerm, ...(killMs !== undefined && { killMs }) };
    this.#fork({ argv, env, behaviour, parent: pid, ...(child.isInGroup && { group: pid }), run: pid });
  }

  #fork(
    process: Pick<SimProcess, "argv" | "env" | "behaviour" | "parent"> & { group?: number; run?: number },
  ): SimProcess {
    const pid = (this.#lastPid += 1);
    const { group = pid, run = pid } = process;
    const made: SimProcess = { ...process, pid, group, session: group, run, startTicks: this.#ticks() };
    this.#processes.set(pid, made);
    return made;
  }

  #say({ pid, child }: SimProcess, text: string): void {
    if (this.#processes.has(pid)) child?.stdout.push(text);
  }

  #ticks = (): number => Math.floor((this.clock.nowMs - 1_800_000_000_000) / 10) + 1;
}

/** As Node shows a child process to its parent. */
export class SimChild extends EventEmitter {
  pid: number | undefined;
  exitCode: number | null = null;
  signalCode: string | null = null;
  readonly stdout = new Readable({ read: () => undefined });
  readonly stderr = new Readable({ read: () => undefined });

  exit(code: number | null, signal: string | null): void {
    this.exitCode = code;
    this.signalCode = signal;
    this.emit("exit", code, signal);
  }

  endOutput(): void {
    this.stdout.push(null);
    this.stderr.push(null);
  }
}

const environOf = (env: Record<string, string>): string =>
  Object.entries(env)
    .map(([name, value]) => `${name}=${value}\0`)
    .join("");

export const errno = (code: string): Error => Object.assign(new Error(code), { code });
