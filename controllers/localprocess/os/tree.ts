import type { Leaf } from "./cgroup.ts";
import { markOfObject } from "./mark.ts";
import { signalEntry, signalPid } from "./signal.ts";
import { hasTable, hasVariable, readEntry, readTable, type PidCursor, type ProcessEntry } from "./table.ts";

interface Leader {
  readonly pid: number;
  /** Whether it has not been waited for yet: until then its pid, and so its group, can mean nothing else. */
  isAlive(): boolean;
  /** The control group in which it was started, where there is one. */
  readonly cgroup?: Pick<Leaf, "pids" | "kill"> | undefined;
}

/**
 * A process and all that came of it: its group and its session, and whoever carries the mark of its owner, wherever
 * that one has gone (`setsid`, double fork), and whoever is in its control group.
 *
 * Where there is no process table it is the group alone.
 */
export class ProcessTree {
  readonly startTicks: number;
  readonly #before: PidCursor;
  readonly #leader: Leader;
  readonly #mark: string;
  readonly #signalled = new Set<string>();

  /**
   * Make it right after the start of the leader, while its entry is certainly there.
   *
   * @param before - Read before the leader was started.
   */
  constructor(leader: Leader, owner: string, before: PidCursor) {
    this.#leader = leader;
    this.#mark = markOfObject(owner);
    this.#before = before;
    this.startTicks = readEntry(leader.pid)?.startTicks ?? 0;
  }

  /** Whether its leader still runs. */
  get isLed(): boolean {
    return this.#leader.isAlive();
  }

  /** Who still runs. */
  members(): ProcessEntry[] {
    const table = readTable(this.#before);
    const { pid, cgroup } = this.#leader;
    const inside = new Set(cgroup?.pids());
    const leader = table.find((entry) => entry.pid === pid);
    const isOurNumber = !leader || leader.startTicks === this.startTicks;
    return table.filter((entry) => {
      if (inside.has(entry.pid)) return true;
      // Nobody is older than the process he descends from, so most of the table needs no second look.
      if (entry.startTicks < this.startTicks || entry.pid === process.pid) return false;
      if (isOurNumber && (entry.group === pid || entry.session === pid)) return true;
      return hasVariable(entry.pid, this.#mark, { whole: true });
    });
  }

  isEmpty(): boolean {
    if (this.#leader.isAlive()) return false;
    return hasTable ? this.members().length === 0 : !signalPid(-this.#leader.pid, 0);
  }

  /** Sends the signal to everyone who has not had it yet. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this.#leader;
    const isWhole = !hasTable || this.#leader.isAlive();
    if (isWhole && this.#isFirst(`${signal} group`)) signalPid(-pid, signal);
    for (const member of hasTable ? this.members() : []) {
      const isNew = this.#isFirst(`${signal} ${member.pid} ${member.startTicks}`);
      const hadItWithGroup = isWhole && member.group === pid;
      if (isNew && !hadItWithGroup) signalEntry(member, signal);
    }
  }

  /** As {@link signal} with SIGKILL, as often as it is called: what forks while it is killed needs it twice. */
  kill(): void {
    const { pid, cgroup } = this.#leader;
    cgroup?.kill();
    if (!hasTable || this.#leader.isAlive()) signalPid(-pid, "SIGKILL");
    for (const member of hasTable ? this.members() : []) signalEntry(member, "SIGKILL");
  }

  #isFirst(key: string): boolean {
    if (this.#signalled.has(key)) return false;
    this.#signalled.add(key);
    return true;
  }
}
