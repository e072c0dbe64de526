import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { Event, Namespace } from "../../../apis/core/index.ts";
import { ROOT_ANNOTATION } from "../../../apis/meta.ts";
import { LocalProcess } from "../../../apis/v1alpha1/index.ts";
import { findCondition, logDirectoryIn } from "../../../controllers/runtime/index.ts";
import { isAlive, sh } from "./engine.ts";
import { test } from "./world.ts";

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
    await expect.poll(() => world.reasons()).toEqual(["Started"]);
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

  test("CMD-14 that is deleted and that others hold says that its process has ended", async ({ world }) => {
    await world.create("web", { argv: sh("echo up; exec sleep 1000") });
    const { pid } = await world.reaches("web", "Running");
    const finalizers = ["tiltish.dev/localprocess", "example.com/hold"];
    await world.client.patch(LocalProcess, "web", { metadata: { finalizers } });
    await world.client.delete(LocalProcess, "web");
    await expect.poll(() => world.status()).toMatchObject({ state: "Waiting", ready: false });
    expect(await world.status()).not.toHaveProperty("pid");
    expect(isAlive(pid!)).toBe(false);
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
    const { status, metadata } = (await world.client.get(LocalProcess, "web"))!;
    expect({ status, finalizers: metadata.finalizers }).toEqual({});
    await world.trigger("web", "1");
    await expect.poll(() => world.reasons()).toEqual(["TriggerIgnored"]);
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
