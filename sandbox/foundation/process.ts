import { type HealthCheck, Instance, type Workload } from "../instances/index.ts";

/** What is asked of a process of an app. */
export interface ProcessSpec {
  readonly instances: number;
  readonly memoryMb: number;
  readonly diskMb: number;
  /** Overrides that of the droplet. */
  readonly command?: string | undefined;
  readonly health: HealthCheck;
}

export const defaultSpec = (type: string): ProcessSpec => ({
  instances: type === "web" ? 1 : 0,
  memoryMb: 1024,
  diskMb: 1024,
  health: { type: type === "web" ? "port" : "process", timeoutSeconds: 60 },
});

/** A process of an app: as many instances of one command as are asked for. */
export class Process {
  readonly guid: string;
  readonly type: string;
  spec: ProcessSpec;
  #instances: Instance[] = [];
  #workload: Workload | undefined;

  constructor(guid: string, type: string, spec = defaultSpec(type)) {
    [this.guid, this.type, this.spec] = [guid, type, spec];
  }

  get instances(): readonly Instance[] {
    return this.#instances;
  }

  /** Starts all instances, each when it is its turn. Resolves when all have been started, not when they run. */
  async start(workload: Workload): Promise<void> {
    this.#workload = workload;
    await this.#fit();
  }

  async stop(): Promise<void> {
    this.#workload = undefined;
    await this.#fit();
  }

  /** Makes its instances as many as are asked for. */
  async scale(instances: number): Promise<void> {
    this.spec = { ...this.spec, instances };
    await this.#fit();
  }

  /** Puts one instance in the place of another one, which ends. Afterwards both are as they were told to be. */
  async exchange(next: Instance, workload: Workload): Promise<void> {
    this.#workload = workload;
    const former = this.#instances[next.index];
    this.#instances[next.index] = next;
    await former?.stop();
  }

  async #fit(): Promise<void> {
    const workload = this.#workload;
    const wanted = workload ? this.spec.instances : 0;
    const surplus = this.#instances.slice(wanted);
    this.#instances = this.#instances.slice(0, wanted);
    const missing = workload
      ? Array.from(
          { length: Math.max(0, wanted - this.#instances.length) },
          (_, at) => new Instance(this.#instances.length + at, workload),
        )
      : [];
    this.#instances.push(...missing);
    await Promise.all([...surplus.map((one) => one.stop()), ...missing.map((one) => one.start())]);
  }
}
