import { randomUUID } from "node:crypto";
import { Instance, type LogLine, type Timing, type Workload } from "../instances/index.ts";
import { unprocessable } from "./errors.ts";
import { Process, type ProcessSpec } from "./process.ts";

/** What staging makes of a package: a directory that containers start with, and what may be run there. */
export interface Droplet {
  readonly guid: string;
  readonly appGuid: string;
  readonly packageGuid: string | undefined;
  readonly directory: string;
  /** Commands by process type. */
  readonly processTypes: Readonly<Record<string, string>>;
  readonly createdAt: string;
}

export interface Route {
  readonly guid: string;
  readonly host: string;
  readonly domain: string;
  readonly path: string;
  readonly url: string;
}

/** What apps have from the place they run in. */
export interface Cell {
  /** Where containers have their directories. */
  readonly directory: string;
  readonly timing: Timing;
  /** Disk quotas end a container's file system, where that is possible. */
  readonly enforceQuota: boolean;
  log(appGuid: string, line: LogLine): void;
}

export class App {
  readonly guid = randomUUID();
  readonly name: string;
  readonly spaceGuid: string;
  readonly createdAt = new Date().toISOString();
  readonly #cell: Cell;
  state: "STARTED" | "STOPPED" = "STOPPED";
  isSshEnabled = true;
  buildpacks: readonly string[] = [];
  environment: Readonly<Record<string, string>> = {};
  metadata: object = { labels: {}, annotations: {} };
  droplet: Droplet | undefined;
  routes: readonly Route[] = [];
  #processes: readonly Process[];

  constructor(name: string, spaceGuid: string, cell: Cell) {
    [this.name, this.spaceGuid, this.#cell] = [name, spaceGuid, cell];
    this.#processes = [new Process(this.guid, "web")];
  }

  get processes(): readonly Process[] {
    return this.#processes;
  }

  process(type = "web"): Process | undefined {
    return this.#processes.find((process) => process.type === type);
  }

  /** Makes sure that there is a process of a type. */
  ensureProcess(type: string): Process {
    const known = this.process(type);
    if (known) return known;
    const made = new Process(randomUUID(), type);
    this.#processes = [...this.#processes, made];
    return made;
  }

  setDroplet(droplet: Droplet): void {
    this.droplet = droplet;
    for (const type of Object.keys(droplet.processTypes)) this.ensureProcess(type);
  }

  async start(): Promise<void> {
    const workloads = this.#processes.map((process) => [process, this.#workloadOf(process)] as const);
    this.state = "STARTED";
    await Promise.all(workloads.map(([process, workload]) => process.start(workload)));
  }

  async stop(): Promise<void> {
    this.state = "STOPPED";
    await Promise.all(this.#processes.map((process) => process.stop()));
  }

  async scale(type: string, { instances, ...rest }: Partial<ProcessSpec>): Promise<void> {
    const process = this.ensureProcess(type);
    process.spec = { ...process.spec, ...rest };
    if (instances !== undefined) await process.scale(instances);
  }

  /**
   * The instance that is to take the place of another one, and how it does so. It is of a process with a guid of its
   * own, as after every deployment: only an app that was never deployed so shares its guid with its web process.
   */
  successor(): { process: Process; instanceAt: (index: number) => Instance; workload: Workload } {
    const { spec } = this.process()!;
    const process = new Process(randomUUID(), "web", spec);
    const workload = this.#workloadOf(process);
    return { process, instanceAt: (index) => new Instance(index, workload), workload };
  }

  /** From now on it is this process that is asked for. */
  succeed(process: Process): void {
    this.#processes = this.#processes.map((former) => (former.type === process.type ? process : former));
  }

  #workloadOf(process: Process): Workload {
    const { droplet } = this;
    if (!droplet) throw unprocessable("Assign a droplet before starting this app.");
    const command = process.spec.command ?? droplet.processTypes[process.type];
    if (process.spec.instances > 0 && !command)
      throw unprocessable(`the ${process.type} process has no start command`);
    const { directory, timing, enforceQuota } = this.#cell;
    const { diskMb, health } = process.spec;
    return {
      directory,
      timing,
      health,
      droplet: droplet.directory,
      command: command ?? "",
      quota: enforceQuota ? diskMb * 1024 * 1024 : undefined,
      env: { ...this.#platformEnv(process), ...this.environment },
      log: (line) =>
        this.#cell.log(this.guid, {
          ...line,
          source: line.source.replace("WEB", process.type.toUpperCase()),
        }),
    };
  }

  #platformEnv({ spec }: Process): Record<string, string> {
    const uris = this.routes.map(({ url }) => url);
    const application = {
      application_id: this.guid,
      application_name: this.name,
      name: this.name,
      space_id: this.spaceGuid,
      uris,
      application_uris: uris,
      limits: { mem: spec.memoryMb, disk: spec.diskMb, fds: 16_384 },
      version: this.droplet!.guid,
    };
    return {
      VCAP_APPLICATION: JSON.stringify(application),
      VCAP_SERVICES: "{}",
      MEMORY_LIMIT: `${spec.memoryMb}m`,
    };
  }
}
