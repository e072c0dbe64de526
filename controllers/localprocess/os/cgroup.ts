import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessEntry } from "./table.ts";

// The guard runs this, with next to nothing else in memory: keep its imports few.

/**
 * A control group of one run: whoever is born in it stays in it, whatever they do to their session and environment.
 * Nothing of it throws: where it does not work, group, session and mark have to do.
 */
export class Leaf {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Takes a process in, and what it has started meanwhile. From then on whoever is born of them is in it too. It takes
   * the kernel some milliseconds, for which neither we nor the process wait.
   *
   * @param table - Of the processes that have been started since.
   */
  async enclose(pid: number, table: () => ProcessEntry[]): Promise<void> {
    await this.#add(pid);
    for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
      const inside = new Set(this.pids());
      const born = descendantsOf(pid, table()).filter((one) => !inside.has(one));
      if (born.length === 0) return;
      await Promise.all(born.map((one) => this.#add(one)));
    }
  }

  /** Who has ended by then cannot be added, and need not be. */
  #add(pid: number): Promise<void> {
    return writeFile(join(this.#directory, "cgroup.procs"), String(pid)).catch(() => undefined);
  }

  pids(): number[] {
    return pidsBelow(this.#directory);
  }

  /** Kills all in it at once, also those who fork faster than one could kill them; Linux 5.14 and later. */
  kill(): void {
    attempt(() => writeFileSync(join(this.#directory, "cgroup.kill"), "1", { flag: "r+" }));
  }

  remove(): void {
    removeCgroup(this.#directory);
  }
}

/** Each round meets only who was forked by somebody who was not in yet: in practice there is one. */
const MOST_ROUNDS = 10;

function descendantsOf(pid: number, table: ProcessEntry[]): number[] {
  const children = table.filter(({ parent }) => parent === pid).map((entry) => entry.pid);
  return children.flatMap((child) => [child, ...descendantsOf(child, table)]);
}

/** Where the groups of a store are: below the group of the server itself, which it may divide if that is its own. */
export function cgroupOf(storeId: string): string | undefined {
  const path = /^0::(.*)$/m.exec(read("/proc/self/cgroup"))?.[1];
  // `… /sys/fs/cgroup rw,… - cgroup2 cgroup2 rw`: the fifth field is where it is mounted.
  const mount = /^(?:\S+ ){4}(\S+) .* - cgroup2 /m.exec(read("/proc/self/mountinfo"))?.[1];
  if (path === undefined || mount === undefined || /[/\0]/.test(storeId)) return undefined;
  return join(mount, path, `tiltish-${storeId}`);
}

/** Makes the group of one run; undefined where this user may not. */
export function makeLeaf(root: string | undefined, name: string): Leaf | undefined {
  if (root === undefined || /[/\0]/.test(name)) return undefined;
  const directory = join(root, name);
  attempt(() => mkdirSync(root)); // mostly it is there; what is above it is not ours to make
  return attempt(() => {
    mkdirSync(directory);
    return new Leaf(directory);
  });
}

/** Everyone in a group and in those below it. */
export function pidsBelow(directory: string): number[] {
  const own = read(join(directory, "cgroup.procs")).split("\n").filter(Boolean).map(Number);
  return [...own, ...childrenOf(directory).flatMap(pidsBelow)];
}

/** Removes a group and those below it, as far as nobody is in them. */
export function removeCgroup(directory: string): void {
  for (const child of childrenOf(directory)) removeCgroup(child);
  attempt(() => rmdirSync(directory));
}

const childrenOf = (directory: string): string[] =>
  attempt(() =>
    readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(directory, name)),
  ) ?? [];

const read = (path: string): string => attempt(() => readFileSync(path, "utf8")) ?? "";

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
