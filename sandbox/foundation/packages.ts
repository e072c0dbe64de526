import { randomUUID } from "node:crypto";
import { chmod, copyFile, mkdir, rm } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import type { App, Droplet } from "./app.ts";
import { notFound, unprocessable } from "./errors.ts";
import type { Platform } from "./platform.ts";
import type { Resource } from "./pool.ts";
import { isOutside, unzip } from "./unzip.ts";

export interface Package {
  readonly guid: string;
  readonly appGuid: string;
  readonly createdAt: string;
  readonly directory: string;
  state: "AWAITING_UPLOAD" | "PROCESSING_UPLOAD" | "READY" | "FAILED";
  error?: string;
}

export interface Build {
  readonly guid: string;
  readonly packageGuid: string;
  readonly appGuid: string;
  readonly createdAt: string;
  state: "STAGING" | "STAGED" | "FAILED";
  error?: string;
  droplet?: Droplet;
}

/** As many as a platform keeps by default. */
const KEPT = 5;

/** What is uploaded, and what becomes of it. */
export class Packages {
  readonly #platform: Platform;
  readonly #packages = new Map<string, Package>();
  readonly #builds = new Map<string, Build>();
  readonly #droplets = new Map<string, Droplet>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  package(guid: string): Package {
    return known(this.#packages, guid, "Package");
  }

  build(guid: string): Build {
    return known(this.#builds, guid, "Build");
  }

  droplet(guid: string): Droplet {
    return known(this.#droplets, guid, "Droplet");
  }

  create(app: App): Package {
    const guid = randomUUID();
    const directory = join(this.#platform.directory, "packages", guid);
    const made: Package = { guid, directory, state: "AWAITING_UPLOAD", ...bornNow(app) };
    this.#packages.set(guid, made);
    return made;
  }

  /** Takes what was uploaded; whether that is any good shows later, in the state of the package. */
  receive(upload: Package, archive: string | undefined, resources: readonly Resource[]): void {
    if (upload.state !== "AWAITING_UPLOAD") throw unprocessable("Bits have already been uploaded");
    upload.state = "PROCESSING_UPLOAD";
    this.#unpack(upload, archive, resources).then(
      () => (upload.state = "READY"),
      (error: Error) => {
        upload.state = "FAILED";
        upload.error = error.message;
      },
    );
  }

  stage(upload: Package): Build {
    if (upload.state !== "READY") throw unprocessable("Cannot stage package whose state is not ready.");
    const app = this.#platform.app(upload.appGuid);
    const build: Build = { guid: randomUUID(), packageGuid: upload.guid, state: "STAGING", ...bornNow(app) };
    this.#builds.set(build.guid, build);
    this.#build(app, upload).then(
      (droplet) => {
        this.#droplets.set(droplet.guid, droplet);
        void this.#clean(app);
        build.droplet = droplet;
        build.state = "STAGED";
      },
      (error: Error) => {
        this.#log(app, "ERR", error.message);
        build.state = "FAILED";
        build.error = error.message;
      },
    );
    return build;
  }

  /** Of every app, the last few are kept, and what runs. */
  async #clean(app: App): Promise<void> {
    const isOfIt = ({ appGuid }: { appGuid: string }) => appGuid === app.guid;
    const droplets = [...this.#droplets.values()].filter(isOfIt).slice(0, -KEPT);
    const packages = [...this.#packages.values()].filter(isOfIt).slice(0, -KEPT);
    const builds = [...this.#builds.values()].filter(isOfIt).slice(0, -KEPT);
    for (const { guid } of builds) this.#builds.delete(guid);
    for (const [all, { guid, directory }] of [
      ...droplets.filter((one) => one !== app.droplet).map((one) => [this.#droplets, one] as const),
      ...packages.map((one) => [this.#packages, one] as const),
    ]) {
      all.delete(guid);
      await rm(directory, { recursive: true, force: true });
    }
  }

  async #unpack(upload: Package, archive: string | undefined, resources: readonly Resource[]): Promise<void> {
    const { pool } = this.#platform;
    await mkdir(upload.directory, { recursive: true });
    for (const { path, mode = "744", checksum } of resources) {
      const target = join(upload.directory, normalize(path));
      const source = pool.pathOf(checksum.value);
      if (!source || isOutside(upload.directory, target))
        throw new Error(`the resource ${path} is not known here`);
      await mkdir(dirname(target), { recursive: true });
      await copyFile(source, target);
      await chmod(target, Number.parseInt(mode, 8) & 0o777);
    }
    if (archive) await unzip(archive, upload.directory);
    await pool.addAll(upload.directory);
    if (archive) await rm(archive);
  }

  async #build(app: App, upload: Package): Promise<Droplet> {
    const fault = this.#platform.troubles.nextBuild();
    this.#log(app, "OUT", "Downloading app package...");
    this.#log(app, "OUT", "-----> Sandbox Buildpack");
    if (fault !== undefined) throw new Error(fault);
    const droplet = await this.#platform.stage(app, upload.directory, upload.guid);
    this.#log(app, "OUT", "Exit status 0");
    return droplet;
  }

  #log(app: App, stream: "OUT" | "ERR", text: string): void {
    this.#platform.logs.add(app.guid, { index: 0, source: "STG", stream, text });
  }
}

const bornNow = (app: App) => ({ appGuid: app.guid, createdAt: new Date().toISOString() });

function known<T>(all: ReadonlyMap<string, T>, guid: string, what: string): T {
  const found = all.get(guid);
  if (!found) throw notFound(what);
  return found;
}
