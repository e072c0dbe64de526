import { mkdtempSync, readFileSync, existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { Event, Namespace } from "../../../apis/core/index.ts";
import { FILE_WATCH_TIMESTAMP_ANNOTATION, ROOT_ANNOTATION, TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import { type Cause, FileWatch, LocalProcess } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import {
  localProcessController,
  logDirectoryIn,
  openLog,
  type LocalProcessController,
} from "../../../controllers/localprocess/index.ts";
import {
  EventRecorder,
  findCondition,
  Manager,
  nowMicro,
  triggerValueOf,
} from "../../../controllers/runtime/index.ts";
import { test as base } from "../runtime/fixture.ts";
import { carriersOf, isAlive, sh } from "./engine.ts";

/** The controller over a real server, which can be stopped and started again. */
class World {
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
    this.#recorder = new EventRecorder({ client, component: "localprocess" });
    const options = { client, recorder: this.#recorder, storeId, stateDirectory: directory };
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

  async log(name = "web"): Promise<string> {
    const { metadata } = (await this.client.get(LocalProcess, name))!;
    const owner = { namespace: metadata.namespace!, name, uid: metadata.uid! };
    let text = "";
    for await (const chunk of openLog(logDirectoryIn(this.directory), owner)) text += chunk.toString();
    return text;
  }

  async reasons(name = "web"): Promise<string[]> {
    await this.#recorder?.flush();
    const { items } = await this.client.list(Event);
    return items
      .filter(({ involvedObject }) => involvedObject.name === name)
      .map(({ reason }) => reason ?? "");
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

const test = base.extend<{ world: World }>({
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

const SLEEP = ["sleep", "600"];

describe("a LocalProcess", () => {
  test("CMD-3 runs in its directory, and its status says what it sees", async ({ world }) => {
    await world.create("web", { argv: sh("pwd; exec sleep 600") });
    const status = await world.reaches("web", "Running");
    expect(status).toMatchObject({ ready: true, run: 1, restarts: 0, observedGeneration: 1 });
    expect(status.cause).toMatchObject({ type: "Created", traceparent: expect.stringMatching(/^00-/) });
    expect(isAlive(status.pid!)).toBe(true);
    for (const type of ["Ready", "Started"]) {
      expect(findCondition(status.conditions, type)).toMatchObject({ status: "True", observedGeneration: 1 });
    }
    await expect.poll(() => world.log()).toBe(`${world.directory}\n`);
    await expect.poll(() => world.reasons()).toEqual(["Started", "Ready"]);
  });

  test("CMD-6 that fails says so, and is not Ready", async ({ world }) => {
    await world.create("web", { argv: sh("exit 5") });
    const status = await world.reaches("web", "Failed");
    expect(status).toMatchObject({ exitCode: 5, message: "exited with code 5", ready: false });
    expect(findCondition(status.conditions, "Ready")).toMatchObject({ status: "False", reason: "Failed" });
    expect(status.pid).toBeUndefined();
  });

  test("CMD-1 whose argv changes is replaced, and only then", async ({ world }) => {
    await world.create("web", { argv: SLEEP });
    const before = await world.reaches("web", "Running");
    await world.patch("web", { spec: { argv: ["sleep", "601"] } });
    const after = await world.reaches("web", "Running", 2);
    expect(after.cause).toMatchObject({ type: "SpecChange", message: "spec.argv changed" });
    expect(isAlive(before.pid!)).toBe(false);
    expect(world.left).toEqual([after.pid]);
  });

  test("CMD-13 keeps its process when only triggers and policies change, and says so", async ({ world }) => {
    await world.create("web", { argv: SLEEP });
    const before = await world.reaches("web", "Running");
    const spec = {
      restartOn: { fileWatches: ["src"] },
      backoff: { initial: "3s" },
      stop: { gracePeriodSeconds: 3 },
      daemon: true,
      timeout: "1h",
    };
    await world.patch("web", { spec });
    await expect.poll(() => world.status()).toMatchObject({ observedGeneration: 2 });
    expect(await world.status()).toMatchObject({ pid: before.pid, run: 1, startTime: before.startTime });
    await expect.poll(() => world.reasons()).toContain("Unchanged");
  });

  test("CMD-15 that has ended runs again when what it executes changes", async ({ world }) => {
    await world.create("web", { argv: ["true"] });
    await world.reaches("web", "Succeeded");
    await world.patch("web", { spec: { dir: "/" } });
    expect((await world.reaches("web", "Succeeded", 2)).cause).toMatchObject({ message: "spec.dir changed" });
  });

  test("that has ended for good comes back when its policy says so", async ({ world }) => {
    await world.create("web", { argv: sh("test -e ok && sleep 600; touch ok") });
    await world.reaches("web", "Succeeded");
    await world.patch("web", { spec: { daemon: true } });
    await world.reaches("web", "Running", 2);
  });

  test("CMD-14 that is deleted is gone only when its process is, and takes its log along", async ({
    world,
  }) => {
    const argv = sh("trap 'sleep 0.3; touch ended; exit' TERM; echo up; while :; do sleep 0.02; done");
    await world.create("web", { argv });
    await expect.poll(() => world.log().catch(() => "")).toBe("up\n");
    const { pid } = await world.reaches("web", "Running");
    const object = (await world.client.get(LocalProcess, "web"))!;
    await world.client.delete(LocalProcess, "web");
    await expect.poll(() => world.status()).toMatchObject({ state: "Stopping" });
    await world.client.waitFor(LocalProcess, "web", (object) => !object, { timeoutMs: 5_000 });
    expect(existsSync(join(world.directory, "ended"))).toBe(true);
    expect(isAlive(pid!)).toBe(false);
    const directory = join(logDirectoryIn(world.directory), "default", `web_${object.metadata.uid}`);
    expect(existsSync(directory)).toBe(false);
  });

  test("CMD-16 that is disabled stops, and runs again when it is enabled", async ({ world }) => {
    await world.create("web", { argv: SLEEP });
    const { pid } = await world.reaches("web", "Running");
    await world.patch("web", { spec: { disabled: true } });
    const status = await world.reaches("web", "Disabled");
    expect(status).toMatchObject({ ready: false, observedGeneration: 2 });
    expect(isAlive(pid!)).toBe(false);
    await world.patch("web", { spec: { disabled: false } });
    expect((await world.reaches("web", "Running", 2)).cause).toMatchObject({ message: "it was enabled" });
  });

  test("that is enabled before it has stopped runs again all the same", async ({ world }) => {
    await world.create("web", {
      argv: sh("trap 'sleep 0.3; exit' TERM; echo up; while :; do sleep 0.02; done"),
    });
    await expect.poll(() => world.log()).toBe("up\n");
    await world.patch("web", { spec: { disabled: true } });
    await world.reaches("web", "Stopping");
    await world.patch("web", { spec: { disabled: false } });
    await world.reaches("web", "Running", 2);
  });

  test("CMD-16 that is created disabled never runs, and nobody touches it", async ({ world }) => {
    await world.create("web", { argv: ["touch", "ran"], disabled: true });
    await world.create("other", { argv: ["true"] });
    await world.reaches("other", "Succeeded");
    await world.trigger("web", "1");
    await expect.poll(() => world.reasons()).toEqual(["TriggerIgnored"]);
    const { status, metadata } = (await world.client.get(LocalProcess, "web"))!;
    expect({ status, finalizers: metadata.finalizers }).toEqual({});
    expect(existsSync(join(world.directory, "ran"))).toBe(false);
    await world.patch("web", { spec: { disabled: false } });
    await world.reaches("web", "Succeeded", 1);
  });

  test("in a namespace runs below the root of that namespace", async ({ world, client }) => {
    const annotations = { [ROOT_ANNOTATION]: "/usr" };
    await client.createObject(Namespace, { metadata: { name: "proj", annotations } });
    const proj = client.in("proj");
    await proj.create(LocalProcess, "web", {
      argv: sh("pwd > " + join(world.directory, "where")),
      dir: "lib",
    });
    await proj.waitFor(LocalProcess, "web", (object) => object?.status?.state === "Succeeded", {
      timeoutMs: 5_000,
    });
    expect(readFileSync(join(world.directory, "where"), "utf8")).toBe("/usr/lib\n");
  });

  test("G12 shows no value of its environment in its status and Events", async ({ world }) => {
    await world.create("web", { argv: ["no-such-program"], env: { PASSWORD: "hunter2" } });
    const status = await world.reaches("web", "Failed");
    await world.reasons();
    const events = await world.client.list(Event);
    expect(JSON.stringify([status, events])).not.toContain("hunter2");
  });
});

describe("a run is caused", () => {
  test("CMD-11 by a new value of the trigger annotation, once for each", async ({ world }) => {
    await world.create("web", { argv: SLEEP });
    await world.reaches("web", "Running");
    await world.trigger("web", "1");
    expect(await world.reaches("web", "Running", 2)).toMatchObject({
      observedTrigger: "1",
      cause: { type: "Trigger" },
    });
    await world.trigger("web", "1");
    await world.patch("web", { metadata: { labels: { a: "b" } } });
    await world.trigger("web", "2");
    await world.reaches("web", "Running", 3);
  });

  test("by the cause that the annotation carries", async ({ world }) => {
    await world.create("web", { argv: ["true"] });
    await world.reaches("web", "Succeeded");
    const cause: Cause = { type: "Build", object: "LocalResource/api", message: "built", time: nowMicro() };
    await world.trigger("web", triggerValueOf(cause));
    const status = await world.reaches("web", "Succeeded", 2);
    expect(status.cause).toEqual(cause);
    expect(status.observedTrigger).toBe(triggerValueOf(cause));
  });

  test("CMD-9 by an event of a FileWatch that restartOn names or selects", async ({ world, client }) => {
    await client.create(FileWatch, "src", { glob: "**" });
    await client.create(FileWatch, { name: "lib", labels: { for: "web" } }, { glob: "**" });
    const restartOn = { fileWatches: ["src", "missing"], selector: { for: "web" } };
    await world.create("web", { argv: sh("echo $TRACEPARENT; exec sleep 600"), restartOn });
    await world.reaches("web", "Running");
    const time = await world.change("src", ["a.ts", "b.ts"]);
    const status = await world.reaches("web", "Running", 2);
    expect(status.cause).toMatchObject({
      type: "FileChange",
      object: "FileWatch/src",
      files: ["a.ts", "b.ts"],
      fileCount: 2,
      time,
    });
    await expect.poll(() => world.log()).toBe(`${status.cause!.traceparent}\n`);
    await world.change("lib", ["c.ts"]);
    await world.reaches("web", "Running", 3);
    await world.patch("web", { metadata: { labels: { touched: "yes" } } });
    await world.trigger("web", "1");
    await world.reaches("web", "Running", 4);
  });

  test("by a stamp of a FileWatch whose selector matches", async ({ world }) => {
    await world.create("web", { argv: SLEEP });
    await world.reaches("web", "Running");
    const annotations = { [FILE_WATCH_TIMESTAMP_ANNOTATION]: nowMicro() };
    await world.patch("web", { metadata: { annotations } });
    expect((await world.reaches("web", "Running", 2)).cause).toMatchObject({ type: "FileChange" });
  });

  test("not by events from before it started", async ({ world, client }) => {
    await client.create(FileWatch, "src", { glob: "**" });
    await world.change("src", ["a.ts"]);
    await world.create("web", { argv: SLEEP, restartOn: { fileWatches: ["src"] } });
    await world.reaches("web", "Running");
    await world.trigger("web", "1");
    expect((await world.reaches("web", "Running", 2)).cause).toMatchObject({ type: "Trigger" });
  });
});

describe("a process that depends on others", () => {
  test("waits for them, says for whom and why, and then runs", async ({ world }) => {
    const dependsOn = [{ kind: "LocalProcess", name: "db" }];
    await world.create("web", { argv: SLEEP, dependsOn });
    const waiting = await world.reaches("web", "Waiting");
    expect(waiting.message).toBe("waits for LocalProcess/db (it does not exist)");
    expect(findCondition(waiting.conditions, "Ready")).toMatchObject({
      status: "False",
      message: waiting.message,
    });
    const readinessProbe = { exec: { command: sh("test -e up || { echo no socket; exit 1; }") } };
    await world.create("db", { argv: SLEEP, readinessProbe });
    await expect
      .poll(async () => (await world.status())?.message)
      .toBe("waits for LocalProcess/db (Ready=False: exec sh exited with 1: no socket)");
    await world.create("up", { argv: ["touch", "up"] });
    await world.reaches("web", "Running", 1);
    expect(await world.reasons()).toContain("Waiting");
  });

  test("may wait for one to complete", async ({ world }) => {
    const dependsOn = [{ kind: "LocalProcess", name: "migrate", condition: "Completed" }];
    await world.create("migrate", { argv: sh("while [ ! -e go ]; do sleep 0.02; done; touch done") });
    await world.create("web", { argv: sh("test -e done"), dependsOn });
    await expect.poll(async () => (await world.status())?.message).toMatch(/Completed=False/);
    await world.create("go", { argv: ["touch", "go"] });
    await world.reaches("web", "Succeeded");
  });

  test("runs again with them if it wants to, and not otherwise", async ({ world }) => {
    await world.create("db", { argv: SLEEP });
    const on = (onChange: "Restart" | "Ignore") => [{ kind: "LocalProcess", name: "db", onChange }];
    await world.create("web", { argv: SLEEP, dependsOn: on("Restart") });
    await world.create("other", { argv: SLEEP, dependsOn: on("Ignore") });
    await world.reaches("web", "Running");
    await world.reaches("other", "Running");
    await world.trigger("db", "1");
    const status = await world.reaches("web", "Running", 2);
    expect(status.cause).toMatchObject({ type: "Dependency", object: "LocalProcess/db" });
    expect(await world.status("other")).toMatchObject({ run: 1 });
  });

  test("in a circle says so on every member, and runs once the circle is broken", async ({ world }) => {
    const on = (name: string) => [{ kind: "LocalProcess", name }];
    await world.create("a", { argv: SLEEP, dependsOn: on("b") });
    await world.create("b", { argv: SLEEP, dependsOn: on("c") });
    await world.create("c", { argv: SLEEP, dependsOn: on("a") });
    const cycle = async (name: string) =>
      findCondition((await world.status(name))?.conditions, "DependencyCycle");
    await expect
      .poll(() => cycle("a"))
      .toMatchObject({
        status: "True",
        message: "LocalProcess/a → LocalProcess/b → LocalProcess/c → LocalProcess/a",
      });
    await expect.poll(() => cycle("b")).toMatchObject({ status: "True" });
    await expect.poll(() => cycle("c")).toMatchObject({ status: "True" });
    await world.patch("c", { spec: { dependsOn: null } });
    for (const name of ["a", "b", "c"]) await world.reaches(name, "Running");
    expect(await cycle("a")).toBeUndefined();
  });
});

describe("when the server starts again", () => {
  test("what ran is started afresh, with its number and ports going on", async ({ world }) => {
    const ports = [{ name: "web", port: 0 }];
    await world.create("web", { argv: SLEEP, ports });
    const before = await world.reaches("web", "Running");
    await world.stop();
    expect(world.left).toEqual([]);
    await world.start();
    const after = await world.reaches("web", "Running", 2);
    expect(after.cause).toMatchObject({ type: "ServerStart" });
    expect(after.ports).toEqual(before.ports);
  });

  test("what has finished stays finished, unless it was triggered or changed", async ({ world }) => {
    for (const name of ["kept", "failed", "triggered", "changed"]) {
      await world.create(name, { argv: name === "failed" ? ["false"] : ["true"] });
    }
    for (const name of ["kept", "triggered", "changed"]) await world.reaches(name, "Succeeded");
    await world.reaches("failed", "Failed");
    const before = await world.client.get(LocalProcess, "kept");
    await world.stop();
    await world.trigger("triggered", "now");
    await world.patch("changed", { spec: { argv: ["echo"] } });
    await world.start();
    await world.reaches("triggered", "Succeeded", 2);
    await world.reaches("changed", "Succeeded", 2);
    expect(await world.client.get(LocalProcess, "kept")).toEqual(before);
    expect(await world.status("failed")).toMatchObject({ state: "Failed", run: 1, exitCode: 1 });
  });

  test("what was deleted meanwhile goes", async ({ world }) => {
    await world.create("web", { argv: SLEEP });
    await world.reaches("web", "Running");
    await world.stop();
    await world.client.delete(LocalProcess, "web");
    expect(await world.client.get(LocalProcess, "web")).toBeDefined();
    await world.start();
    await world.client.waitFor(LocalProcess, "web", (object) => !object, { timeoutMs: 5_000 });
  });
});

test("CMD-20 a process that takes its time to end delays nobody else", async ({ world }) => {
  const stop = { gracePeriodSeconds: 3 };
  await world.create("a", { argv: sh("trap '' TERM; echo up; while :; do sleep 0.05; done"), stop });
  await expect.poll(() => world.log("a").catch(() => "")).toBe("up\n");
  await world.client.delete(LocalProcess, "a");
  const startedAt = performance.now();
  await world.create("b", { argv: SLEEP });
  await world.reaches("b", "Running");
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  await expect.poll(() => world.status("a")).toMatchObject({ state: "Stopping" });
});

test("a name that is taken again has one process, and not two", async ({ world }) => {
  for (let i = 0; i < 5; i++) {
    await world.create("web", { argv: SLEEP });
    await world.reaches("web", "Running");
    await world.client.delete(LocalProcess, "web");
    await world.client.waitFor(LocalProcess, "web", (object) => !object, { timeoutMs: 5_000 });
    expect(world.left).toEqual([]);
  }
});
