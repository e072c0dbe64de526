import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test as base } from "vitest";
import { TRIGGER_ANNOTATION } from "../../../../apis/meta.ts";
import { nowMicro } from "../../../../controllers/runtime/index.ts";
import { Event } from "../../../../apis/core/index.ts";
import type { ObjectInput, Client } from "../../../../client/index.ts";
import { CFAppSync, FileWatch } from "../../../../apis/v1alpha1/index.ts";
import type { RunningServer } from "../../../../cmd/compose/index.ts";
import { SUPERVISOR_SOCKET } from "../../../../controllers/cfapp/remote/index.ts";
import { LocalTree, type Tree, treeHashOf } from "../../../../controllers/sync/index.ts";
import { type PushOptions, Sandbox } from "../../../../sandbox/index.ts";
import { openTestInstance } from "../../../helpers/instance.ts";
import { write } from "../agent/fixture.ts";

const SUPERVISOR = fileURLToPath(
  new URL("../../../../controllers/cfapp/remote/supervisor.pl", import.meta.url),
);
export type Spec = Partial<ObjectInput<typeof CFAppSync>["spec"]>;

export const WAIT = { timeout: 20_000, interval: 25 };

/** A foundation, a project, and a server of tiltish with all controllers. */
export class Loop {
  readonly cf: Sandbox;
  readonly home: string;
  readonly root: string;
  /** What is synced. */
  readonly local: string;
  #instance: RunningServer | undefined;

  constructor(cf: Sandbox, home: string) {
    [this.cf, this.home] = [cf, home];
    this.root = join(home, "project");
    this.local = join(this.root, "out");
  }

  get client(): Client {
    return this.#instance!.client;
  }

  get app() {
    return this.cf.app("web");
  }

  async open(): Promise<void> {
    this.#instance = await openTestInstance(this.root);
  }

  /** The server ends, and what it has stored stays. */
  async shut(): Promise<void> {
    await this.#instance?.close();
    this.#instance = undefined;
  }

  /** The app that there is before: pushed by somebody, with a supervisor. */
  async pushed(
    files: Record<string, string>,
    {
      command = "echo started with $(cat app.txt | head -c 20); exec sleep 1000",
      ...options
    }: PushOptions & { command?: string } = {},
  ): Promise<void> {
    const source = join(this.home, "source");
    await mkdir(source, { recursive: true });
    await write(source, files);
    const start = `exec perl ${SUPERVISOR} ${SUPERVISOR_SOCKET} -- bash -c '${command}'`;
    await this.app.push(source, start, options);
    await expect.poll(() => this.app.instances.map(({ state }) => state), WAIT).not.toContain("STARTING");
  }

  create(spec: Spec = {}): Promise<CFAppSync> {
    return this.client.create(
      CFAppSync,
      { namespace: "default", name: "web" },
      {
        appName: "web",
        localPath: "out",
        cfHome: this.home,
        trigger: { debounce: "20ms" },
        ...spec,
      },
    );
  }

  write(files: Record<string, string | Buffer>): Promise<void> {
    return write(this.local, files);
  }

  /** An app that has the files that are here, kept in step by now. */
  async inStep(files: Record<string, string>, spec?: Spec): Promise<void> {
    await this.pushed(files);
    await this.write(files);
    await this.create(spec);
    await this.synced();
  }

  get(): Promise<CFAppSync | undefined> {
    return this.client.get(CFAppSync, { namespace: "default", name: "web" });
  }

  async status(): Promise<NonNullable<CFAppSync["status"]>> {
    return (await this.get())?.status ?? {};
  }

  async condition(type: string) {
    const found = (await this.status()).conditions?.find((condition) => condition.type === type);
    return found && `${found.status} ${found.reason}`;
  }

  async messageOf(type: string): Promise<string> {
    return (await this.status()).conditions?.find((condition) => condition.type === type)?.message ?? "";
  }

  /** Waits until the app has what is here, as tiltish says. */
  async synced(revision?: number): Promise<void> {
    const look = async () => {
      const { state, message, revision: revisions, conditions, lastDeploy } = await this.status();
      const synced = conditions?.find(({ type }) => type === "Synced")?.status;
      // An older status speaks of what was here before.
      const isHere = [revisions?.remote?.treeHash, lastDeploy?.treeHash].includes(await this.#treeHash());
      return { state, message, number: revisions?.remote?.number, synced, isHere };
    };
    const wanted = { synced: "True", isHere: true, ...(revision !== undefined && { number: revision }) };
    await expect.poll(look, WAIT).toMatchObject(wanted);
  }

  async #treeHash(): Promise<string> {
    const { localPath = "out" } = (await this.get())?.spec ?? {};
    return treeHashOf(await treeOf(resolve(this.root, localPath)));
  }

  /** Asks by the annotation, as `tiltish trigger` and its like do. */
  async ask(type: string): Promise<void> {
    const value = JSON.stringify({ type, time: nowMicro(), message: "by a test" });
    const name = { namespace: "default", name: "web" };
    await this.client.patch(CFAppSync, name, { metadata: { annotations: { [TRIGGER_ANNOTATION]: value } } });
  }

  /** Waits until the watch has told of a file. */
  async saw(file: string): Promise<void> {
    const since = nowMicro();
    await expect
      .poll(async () => {
        const watch = await this.client.get(FileWatch, { namespace: "default", name: "web-cf-watch" });
        return watch?.status?.events?.some(
          ({ files, time }) => files.includes(file) && time > since.slice(0, 17),
        );
      }, WAIT)
      .toBe(true);
  }

  async events(reason?: string): Promise<string[]> {
    const { items } = await this.client.list(Event);
    const ours = items.filter(({ involvedObject }) => involvedObject.kind === "CFAppSync");
    return ours
      .filter((event) => reason === undefined || event.reason === reason)
      .map((event) => `${event.reason}: ${event.message}`);
  }

  /** What is in an instance. */
  remote(index = 0): Promise<Tree> {
    return treeOf(join(this.app.instances[index]!.home, "app"));
  }

  async remoteFiles(index = 0): Promise<string[]> {
    return [...(await this.remote(index))]
      .filter(([, { type }]) => type !== "directory")
      .map(([path]) => path)
      .filter((path) => !path.startsWith(".profile.d/"))
      .toSorted();
  }

  async remoteText(path: string, index = 0): Promise<string | undefined> {
    return readFile(join(this.app.instances[index]!.home, "app", path), "utf8").catch(() => undefined);
  }

  /** What the app of an instance has said at each of its starts. */
  starts(index = 0): string[] {
    return this.app.instances[index]!.output.split("\n").filter((line) => line.includes("started with"));
  }

  async close(): Promise<void> {
    await this.shut();
    await this.cf.close();
    await rm(this.home, { recursive: true, force: true });
  }
}

export const treeOf = async (root: string): Promise<Tree> =>
  (
    await new LocalTree({
      root,
      ignores: [],
      useCFIgnore: false,
      maxFile: 1e9,
      caseInsensitive: false,
    }).scan()
  ).tree;

export const test = base.extend<{ loop: Loop }>({
  // oxlint-disable-next-line no-empty-pattern
  loop: async ({}, use) => {
    const home = await mkdtemp(join(tmpdir(), "tiltish-cf-"));
    const cf = await Sandbox.start({
      directory: join(home, "cf"),
      timing: { stopMs: 1000, intervalMs: 200 },
    });
    await cf.login(home);
    const loop = new Loop(cf, home);
    await mkdir(loop.local, { recursive: true });
    await loop.open();
    await use(loop);
    await loop.close();
  },
});
