import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import type { InputOf, SpecOf } from "../../../apis/kind.ts";
import { TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import { FileWatch, LocalProcess, LocalResource } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { test } from "../../helpers/instance.ts";

type Spec = InputOf<SpecOf<typeof LocalResource>>;

const sh = (script: string) => ["sh", "-c", script];
const note = (file: string, then = "") => sh(`echo run >> ${file}; ${then}`);
const until = (file: string) => sh(`while ! test -f ${file}; do sleep 0.02; done`);
const FOREVER = sh("exec sleep 1000");

const create = (client: Client, name: string, spec: Spec) => client.create(LocalResource, name, spec);
const statusOf = async (client: Client, name: string) => (await client.get(LocalResource, name))?.status;
const change = (client: Client, name: string, spec: object) => client.patch(LocalResource, name, { spec });
const runs = async (root: string, file: string) =>
  (await readFile(path.join(root, file), "utf8").catch(() => "")).split("\n").length - 1;
const trigger = (client: Client, name: string) =>
  client.patch(LocalResource, name, {
    metadata: { annotations: { [TRIGGER_ANNOTATION]: String(Math.random()) } },
  });
const expectState = (client: Client, name: string, status: object) =>
  expect.poll(() => statusOf(client, name)).toMatchObject(status);

test("a build that loses its template while it runs is canceled, and lets others build", async ({
  client,
}) => {
  await create(client, "app", { buildTemplate: { argv: FOREVER }, serveTemplate: { argv: FOREVER } });
  await expectState(client, "app", { state: "Building" });
  await create(client, "next", { buildTemplate: { argv: ["true"] } });
  await change(client, "app", { buildTemplate: null });
  await expectState(client, "app", { state: "Serving" });
  expect(await statusOf(client, "app")).toMatchObject({
    buildHistory: [{ error: "canceled: it has no build any more" }],
  });
  await expectState(client, "next", { state: "Succeeded" });
  await expect.poll(() => client.get(LocalProcess, "app-build")).toBeUndefined();
});

test("a server that loses its template goes, even if the build is broken", async ({ client }) => {
  await create(client, "app", { buildTemplate: { argv: ["true"] }, serveTemplate: { argv: FOREVER } });
  await expectState(client, "app", { state: "Serving" });
  await change(client, "app", { buildTemplate: { argv: ["false"] } });
  await expectState(client, "app", { state: "Failed" });
  await change(client, "app", { serveTemplate: null });
  await expect.poll(() => client.get(LocalProcess, "app-serve")).toBeUndefined();
});

test("a build that is disabled is none: nobody waits for it", async ({ client }) => {
  const buildTemplate = { argv: ["true"], disabled: true };
  await create(client, "app", { buildTemplate, serveTemplate: { argv: FOREVER } });
  await expectState(client, "app", { state: "Serving" });
  await change(client, "app", { buildTemplate: { disabled: false } });
  await expectState(client, "app", {
    state: "Serving",
    buildHistory: [{ exitCode: 0, reason: "SpecChange" }],
  });
});

test("a name that is taken costs no further write and no slot, and is used once it is free", async ({
  client,
  root,
}) => {
  await client.create(LocalProcess, "app-build", { argv: FOREVER });
  await create(client, "app", { buildTemplate: { argv: note("built") } });
  const ready = [{ type: "Ready", status: "False", reason: "NameTaken" }];
  await expectState(client, "app", { conditions: ready });
  const told = await client.get(LocalResource, "app");
  await create(client, "next", { buildTemplate: { argv: ["true"] } });
  await expectState(client, "next", { state: "Succeeded" });
  expect(await client.get(LocalResource, "app")).toEqual(told);
  await client.delete(LocalProcess, "app-build");
  await expectState(client, "app", { state: "Succeeded" });
  expect(await runs(root, "built")).toBe(1);
});

test("a resource that takes over a name waits until the former one has ended", async ({ client, root }) => {
  const stop = { gracePeriodSeconds: 1 };
  const argv = sh("trap '' TERM; echo run >> ran; while :; do sleep 0.05; done");
  await create(client, "app", { serveTemplate: { argv, stop } });
  await expect.poll(() => runs(root, "ran")).toBe(1);
  await client.delete(LocalResource, "app");
  await create(client, "app", { serveTemplate: { argv: note("ran", "exec sleep 1000") } });
  await expect
    .poll(async () => (await statusOf(client, "app"))?.conditions)
    .toMatchObject([
      { reason: "NameTaken", message: expect.stringContaining("waits for the end") as string },
    ]);
  await client.waitFor(LocalResource, "app", "Ready", { timeoutMs: 10_000 });
  expect(await runs(root, "ran")).toBe(2);
});

test("a manual resource whose build has changed builds when it is triggered, and not before", async ({
  client,
  root,
}) => {
  await create(client, "app", { triggerMode: "Manual", buildTemplate: { argv: note("one") } });
  await expectState(client, "app", { state: "Succeeded" });
  const { metadata } = await change(client, "app", { buildTemplate: { argv: note("two") } });
  await expectState(client, "app", { state: "Succeeded", observedGeneration: metadata.generation });
  await trigger(client, "app");
  await expect.poll(async () => (await statusOf(client, "app"))?.buildHistory?.length).toBe(2);
  expect(await runs(root, "two")).toBe(1);
});

test("TRG-1: without a first run, a change of a file still builds", async ({ client, root }) => {
  await mkdir(path.join(root, "src"));
  const buildTemplate = { argv: note("built") };
  await create(client, "app", { initialRun: false, watch: { paths: ["src"] }, buildTemplate });
  await client.waitFor(FileWatch, "app-watch", "Ready", { timeoutMs: 10_000 });
  await expectState(client, "app", { state: "Idle" });
  await writeFile(path.join(root, "src/a"), "");
  await expectState(client, "app", { state: "Succeeded", cause: { type: "FileChange" } });
  expect(await runs(root, "built")).toBe(1);
});

test("who waits for a slot and then for a dependency lets that one build first", async ({ client, root }) => {
  const server = { argv: sh("! test -f broken && exec sleep 1000"), restartPolicy: "Never" as const };
  await create(client, "db", { buildTemplate: { argv: ["true"] }, serveTemplate: server });
  await create(client, "app", {
    dependsOn: [{ kind: "LocalResource", name: "db" }],
    buildTemplate: { argv: ["true"] },
  });
  await expectState(client, "app", { state: "Succeeded" });
  await create(client, "slow", { buildTemplate: { argv: until("go") } });
  await expectState(client, "slow", { state: "Building" });
  await trigger(client, "app");
  await expectState(client, "app", { message: expect.stringContaining("slow") as string });
  await writeFile(path.join(root, "broken"), "");
  await client.patch(LocalProcess, "db-serve", { metadata: { annotations: { [TRIGGER_ANNOTATION]: "x" } } });
  await expectState(client, "app", { message: expect.stringContaining("LocalResource/db") as string });
  await trigger(client, "db");
  await expectState(client, "db", { state: "Waiting" });
  await rm(path.join(root, "broken"));
  await writeFile(path.join(root, "go"), "");
  await expectState(client, "db", { state: "Serving" });
  await expectState(client, "app", { state: "Succeeded" });
});

test("a disabled resource says so of all that it did", async ({ client }) => {
  await create(client, "app", { watch: { paths: ["."] }, serveTemplate: { argv: FOREVER } });
  await expectState(client, "app", { state: "Serving" });
  await change(client, "app", { disabled: true });
  await expectState(client, "app", { state: "Disabled", serve: { state: "Disabled", ready: false } });
  const { serve, conditions } = (await statusOf(client, "app"))!;
  expect(serve).not.toHaveProperty("pid");
  expect(conditions?.map(({ type, reason }) => `${type}: ${reason}`)).toEqual([
    "Serving: Disabled",
    "Ready: Disabled",
  ]);
  expect((await client.get(FileWatch, "app-watch"))?.spec.disabled).toBe(true);
});

test("TRG-11: a build is canceled when its resource is disabled, and made anew when it is enabled", async ({
  client,
  root,
}) => {
  await create(client, "app", { triggerMode: "Manual", buildTemplate: { argv: until("go") } });
  await expectState(client, "app", { state: "Building" });
  await change(client, "app", { disabled: true });
  await expectState(client, "app", { state: "Disabled", build: { error: "canceled: it was disabled" } });
  await create(client, "slow", { buildTemplate: { argv: until("go") } });
  await expectState(client, "slow", { state: "Building" });
  await change(client, "app", { disabled: false });
  await expectState(client, "app", { state: "Waiting" });
  await writeFile(path.join(root, "go"), "");
  await expectState(client, "app", { state: "Succeeded", cause: { message: "it was enabled" } });
});

test("TRG-11: a resource that is enabled builds once, and then serves", async ({ client, root }) => {
  await create(client, "app", {
    buildTemplate: { argv: note("built") },
    serveTemplate: { argv: note("served", "exec sleep 1000") },
  });
  for (const count of [1, 2, 3]) {
    await expectState(client, "app", { state: "Serving", serve: { ready: true } });
    expect([await runs(root, "built"), await runs(root, "served")]).toEqual([count, count]);
    await change(client, "app", { disabled: true });
    await expectState(client, "app", { state: "Disabled", serve: { state: "Disabled" } });
    await change(client, "app", { disabled: false });
  }
});

test("TRG-18: enabling waits for dependencies", async ({ client }) => {
  await client.create(LocalProcess, "db", { argv: FOREVER });
  const dependsOn = [{ kind: "LocalProcess" as const, name: "db" }];
  await create(client, "app", { dependsOn, serveTemplate: { argv: FOREVER } });
  await expectState(client, "app", { state: "Serving" });
  await change(client, "app", { disabled: true });
  await expectState(client, "app", { state: "Disabled", serve: { state: "Disabled" } });
  await client.patch(LocalProcess, "db", { spec: { disabled: true } });
  await change(client, "app", { disabled: false });
  await expectState(client, "app", { state: "Waiting", serve: { state: "Disabled" } });
  await client.patch(LocalProcess, "db", { spec: { disabled: false } });
  await expectState(client, "app", { state: "Serving", cause: { message: "it was enabled" } });
});

test("who restarts with a resource does so once for each of its builds, with the new server", async ({
  client,
  root,
}) => {
  await create(client, "db", { buildTemplate: { argv: ["true"] }, serveTemplate: { argv: FOREVER } });
  await expectState(client, "db", { state: "Serving" });
  const dependsOn = [{ kind: "LocalResource" as const, name: "db", onChange: "Restart" as const }];
  await client.create(LocalProcess, "app", { argv: note("ran", "exec sleep 1000"), dependsOn });
  await expect.poll(() => runs(root, "ran")).toBe(1);
  for (const expected of [2, 3, 4]) {
    await trigger(client, "db");
    await expect.poll(() => runs(root, "ran")).toBe(expected);
    await expectState(client, "db", { state: "Serving" });
  }
  expect(await runs(root, "ran")).toBe(4);
});
