import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { Event, Namespace } from "../../../apis/core/index.ts";
import { ROOT_ANNOTATION, TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import { FileWatch, LocalProcess } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import {
  localProcessController,
  tellStopped,
  type LocalProcessController,
} from "../../../controllers/localprocess/index.ts";
import { rootsIn } from "../../../cmd/compose/roots.ts";
import {
  EventRecorder,
  logDirectoryIn,
  type LogOptions,
  Manager,
  nowMicro,
  openLog,
} from "../../../controllers/runtime/index.ts";
import { test as base } from "../runtime/fixture.ts";
import { carriersOf } from "./engine.ts";

/** The controller over a real server, which can be stopped and started again. */
export class World {
  readonly storeId = `store-${Math.random().toString(36).slice(2)}`;
  readonly directory = mkdtempSync(join(tmpdir(), "tiltish-lpc-"));
  readonly client: Client;
  #manager: Manager | undefined;
  #controller: LocalProcessController | undefined;
  #recorder: EventRecorder | undefined;

  constructor(client: Client) {
    this.client = client;
  }

  async start(): Promise<void> {
    const { client, storeId, directory } = this;
    await tellStopped(client);
    this.#recorder = new EventRecorder({ client, component: "localprocess" });
    const rootOf = rootsIn(client, directory);
    const options = { client, recorder: this.#recorder, storeId, stateDirectory: directory, rootOf };
    this.#controller = localProcessController(options);
    this.#manager = new Manager({ client }).add(this.#controller);
    await this.#manager.start();
  }

  async stop(): Promise<void> {
    await this.#manager?.stop();
    await this.#controller?.close();
    await this.#recorder?.stop();
  }

  async create(name: string, spec: Parameters<typeof this.client.create<typeof LocalProcess>>[2]) {
    await this.client.create(LocalProcess, name, spec);
  }

  async status(name = "web") {
    return (await this.client.get(LocalProcess, name))?.status;
  }

  /** The status, once it is in this state; `run` too, if given. */
  async reaches(name: string, state: string, run?: number) {
    await expect
      .poll(() => this.status(name), { interval: 10, timeout: 5_000 })
      .toMatchObject({ state, ...(run !== undefined && { run }) });
    return (await this.status(name))!;
  }

  patch(name: string, body: object) {
    return this.client.patch(LocalProcess, name, body);
  }

  trigger(name: string, value: string) {
    return this.patch(name, { metadata: { annotations: { [TRIGGER_ANNOTATION]: value } } });
  }

  async log(name = "web", options: LogOptions = {}): Promise<string> {
    const { metadata } = (await this.client.get(LocalProcess, name))!;
    const owner = { namespace: metadata.namespace!, name, uid: metadata.uid! };
    let text = "";
    for await (const chunk of openLog(logDirectoryIn(this.directory), owner, options))
      text += chunk.toString();
    return text;
  }

  /** Reasons of its Events, sorted: they can be of one millisecond. */
  async reasons(name = "web"): Promise<string[]> {
    await this.#recorder?.flush();
    const { items } = await this.client.list(Event);
    const own = items.filter(({ involvedObject }) => involvedObject.name === name);
    return own.map(({ reason }) => reason ?? "").toSorted();
  }

  async change(watch: string, files: string[], time = nowMicro()): Promise<string> {
    const object = (await this.client.get(FileWatch, watch))!;
    const event = {
      time,
      count: files.length,
      files,
      traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
    };
    await this.client.setStatus(FileWatch, object, { lastEventTimestamp: time, events: [event] });
    return time;
  }

  get left(): number[] {
    return carriersOf(`TILTISH_OWNER=${this.storeId}/`);
  }
}

export const test = base.extend<{ world: World }>({
  world: async ({ client }, use) => {
    const world = new World(client);
    const root = { metadata: { annotations: { [ROOT_ANNOTATION]: world.directory } } };
    const existing = await client.get(Namespace, "default");
    if (existing) await client.patch(Namespace, "default", root);
    else await client.createObject(Namespace, { metadata: { name: "default", ...root.metadata } });
    await world.start();
    await use(world);
    await world.stop();
    rmSync(world.directory, { recursive: true, force: true });
  },
});
