import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Container } from "../instances/index.ts";
import { App, type Cell, type Droplet, type Route } from "./app.ts";
import type { Deployment } from "./deployments.ts";
import { notFound, unprocessable } from "./errors.ts";
import { type LogListener, Logs } from "./logs.ts";
import { Packages } from "./packages.ts";
import { prune } from "./prune.ts";
import { Pool } from "./pool.ts";
import { stage } from "./staging.ts";
import { Troubles } from "./troubles.ts";
import type { Uaa } from "./uaa.ts";

const MAX_JOBS = 1000;

export interface Named {
  readonly guid: string;
  readonly name: string;
}

export interface Job {
  readonly guid: string;
  readonly operation: string;
  state: "PROCESSING" | "COMPLETE" | "FAILED";
  error?: string;
}

export interface PlatformOptions extends Omit<Cell, "log"> {
  readonly uaa: Uaa;
  readonly organization: string;
  readonly space: string;
  readonly onLog?: LogListener | undefined;
}

/** Everything that a foundation knows. It lasts as long as the foundation runs. */
export class Platform {
  readonly uaa: Uaa;
  readonly logs: Logs;
  readonly troubles = new Troubles();
  readonly pool: Pool;
  readonly packages = new Packages(this);
  readonly directory: string;
  readonly organization: Named;
  readonly space: Named;
  readonly jobs = new Map<string, Job>();
  readonly deployments = new Map<string, Deployment>();
  readonly #apps = new Map<string, App>();
  readonly #cell: Cell;
  /** Host and port of the router, and of the API. */
  domain = "";
  /** Whether the platform lets anybody in by ssh. */
  isSshEnabled = true;

  constructor({ uaa, organization, space, onLog, ...cell }: PlatformOptions) {
    this.logs = new Logs(onLog);
    this.uaa = uaa;
    this.directory = cell.directory;
    this.organization = { guid: randomUUID(), name: organization };
    this.space = { guid: randomUUID(), name: space };
    this.pool = new Pool(join(cell.directory, "pool"));
    const containers = join(cell.directory, "instances");
    this.#cell = { ...cell, directory: containers, log: (guid, line) => this.logs.add(guid, line) };
  }

  get url(): string {
    return `https://${this.domain}`;
  }

  get apps(): readonly App[] {
    return [...this.#apps.values()];
  }

  app(guid: string): App {
    const app = this.#apps.get(guid);
    if (!app) throw notFound("App");
    return app;
  }

  createApp(name: string, spaceGuid: string): App {
    if (spaceGuid !== this.space.guid)
      throw unprocessable("Invalid space. Ensure that the space exists and you have access to it.");
    if (this.apps.some((app) => app.name === name))
      throw unprocessable(`App with the name '${name}' already exists.`);
    const app = new App(name, spaceGuid, this.#cell);
    this.#apps.set(app.guid, app);
    return app;
  }

  async deleteApp(app: App): Promise<void> {
    this.#apps.delete(app.guid);
    await app.stop();
  }

  /** A droplet of what is in a directory. @throws Error as a build fails, with its code and its reason. */
  async stage(app: App, source: string, packageGuid?: string): Promise<Droplet> {
    const guid = randomUUID();
    const directory = join(this.directory, "droplets", guid);
    await mkdir(directory, { recursive: true });
    const processTypes = await stage(source, directory);
    const isKnown = Object.keys(processTypes).length > 0 || app.process()?.spec.command !== undefined;
    if (!isKnown && !app.buildpacks.some((name) => name.startsWith("binary")))
      throw new Error(
        "NoAppDetectedError - An app was not successfully detected by any available buildpack: it has neither a Procfile, nor a package.json with a start script, nor a command in its manifest",
      );
    return {
      guid,
      directory,
      processTypes,
      packageGuid,
      appGuid: app.guid,
      createdAt: new Date().toISOString(),
    };
  }

  /** The address that an app has without anybody asking for one. */
  defaultRoute(app: App): Route {
    const path = `/apps/${encodeURIComponent(app.name)}`;
    return { guid: randomUUID(), host: "", domain: this.domain, path, url: this.domain + path };
  }

  /** Does something that is asked about later. */
  startJob(operation: string, work: () => Promise<void>): Job {
    const job: Job = { guid: randomUUID(), operation, state: "PROCESSING" };
    this.jobs.set(job.guid, job);
    prune(this.jobs, MAX_JOBS);
    const fault = this.troubles.nextJob();
    const done = fault === undefined ? work() : Promise.reject(new Error(fault));
    done.then(
      () => (job.state = "COMPLETE"),
      (error: Error) => {
        job.state = "FAILED";
        job.error = error.message;
      },
    );
    return job;
  }

  /** The container that somebody may enter by ssh. */
  enter(processGuid: string, index: number): Container | undefined {
    const app = this.apps.find(({ processes }) => processes.some(({ guid }) => guid === processGuid));
    if (!app || !app.isSshEnabled || !this.isSshEnabled) return undefined;
    const instance = app.processes.find(({ guid }) => guid === processGuid)!.instances[index];
    if (instance?.state !== "RUNNING" && instance?.state !== "STARTING") return undefined;
    const text = `Successful remote access by somebody to ${index}`;
    this.logs.add(app.guid, { index, source: "SSH", stream: "OUT", text });
    return instance.container;
  }

  async close(): Promise<void> {
    for (const deployment of this.deployments.values()) deployment.cancel();
    await Promise.all([...this.deployments.values()].map(({ done }) => done));
    await Promise.all(this.apps.map((app) => app.stop()));
  }
}
