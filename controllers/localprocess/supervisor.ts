import type { NamespacedName } from "../../apis/meta.ts";
import { usageReaders } from "../../apis/views/index.ts";
import { keyOf } from "../../client/index.ts";
import {
  logDirectoryIn,
  logDirectoryOf,
  logHub,
  type LogOwner,
  removeLogDirectory,
  type Source,
} from "../runtime/index.ts";
import type { Observation, ProcessEvent } from "./observation.ts";
import { cgroupOf, removeCgroup } from "./os/cgroup.ts";
import { PipePool } from "./os/pipes.ts";
import { PortAllocator } from "./ports.ts";
import { ManagedProcess } from "./process.ts";
import { Records } from "./records.ts";
import type { Guard } from "./start-guard.ts";

export interface SupervisorOptions {
  storeId: string;
  stateDirectory: string;
  guard?: Pick<Guard, "watch" | "forget">;
  onEvent?: (owner: LogOwner, event: ProcessEvent) => void;
}

/** Every process that we run, by the uid of its object. A change of one wakes that object. */
export class Supervisor implements Source {
  readonly #options: SupervisorOptions;
  readonly #processes = new Map<string, { owner: LogOwner; process: ManagedProcess }>();
  readonly #records: Records;
  readonly #pipes: PipePool;
  readonly #cgroup: string | undefined;
  readonly #ports = new PortAllocator();
  readonly #wakes = new Set<(request: NamespacedName) => void>();
  readonly #readUsage = (uid: string) => this.get(uid)?.usage;
  #isClosed = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#records = new Records(options.stateDirectory);
    this.#pipes = new PipePool(options.stateDirectory);
    this.#cgroup = cgroupOf(options.storeId);
    usageReaders.add(this.#readUsage);
    this.#records.noteCgroup(this.#cgroup);
  }

  subscribe(wake: (request: NamespacedName) => void): () => void {
    this.#wakes.add(wake);
    return () => void this.#wakes.delete(wake);
  }

  get(uid: string): ManagedProcess | undefined {
    return this.#processes.get(uid)?.process;
  }

  /** @param before - What an earlier server knew of it, if it is the first time that this one sees it. */
  ensure(owner: LogOwner, before?: Partial<Observation>): ManagedProcess {
    const found = this.#processes.get(owner.uid);
    if (found) return found.process;
    if (this.#isClosed) throw new Error("the supervisor is closed");
    const process = new ManagedProcess({
      owner,
      before,
      onChange: () => this.#wakes.forEach((wake) => wake({ namespace: owner.namespace, name: owner.name })),
      services: {
        storeId: this.#options.storeId,
        logDirectory: logDirectoryIn(this.#options.stateDirectory),
        records: this.#records,
        pipes: this.#pipes,
        ports: this.#ports,
        cgroup: this.#cgroup,
        guard: this.#options.guard,
        onEvent: (owner, event) => this.#options.onEvent?.(owner, event),
      },
    });
    this.#processes.set(owner.uid, { owner, process });
    return process;
  }

  /** Those of this name, of which there can be two: of an object that is gone, and of its successor. */
  uidsOf(name: NamespacedName): string[] {
    return [...this.#processes.values()]
      .filter(({ owner }) => keyOf(owner) === keyOf(name))
      .map(({ owner }) => owner.uid);
  }

  /** Ends it and forgets it, its log included. */
  async remove(owner: LogOwner): Promise<void> {
    await this.#processes.get(owner.uid)?.process.end("its object is deleted");
    this.#processes.delete(owner.uid);
    this.#ports.release(owner.uid);
    const directory = logDirectoryOf(logDirectoryIn(this.#options.stateDirectory), owner);
    await removeLogDirectory(directory).catch(() => undefined); // what stays is only a log
    logHub.notify(directory);
  }

  /** Ends all of them at once; none can be started any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    usageReaders.delete(this.#readUsage);
    const all = [...this.#processes.values()];
    await Promise.all(all.map(({ process }) => process.end("the server has stopped")));
    for (const uid of this.#processes.keys()) this.#ports.release(uid);
    this.#processes.clear();
    await this.#pipes.close();
    if (this.#cgroup !== undefined) removeCgroup(this.#cgroup);
  }
}
