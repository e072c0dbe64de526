import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { Namespace } from "../../../apis/core/index.ts";
import { MAX_PARALLEL_BUILDS_ANNOTATION, TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import { LocalProcess, LocalResource } from "../../../apis/v1alpha1/index.ts";
import { Client } from "../../../client/index.ts";
import { openTestInstance, test } from "../../helpers/instance.ts";

const sh = (script: string) => ["sh", "-c", script];
const linesOf = (root: string, file: string): string[] =>
  existsSync(path.join(root, file)) ? readFileSync(path.join(root, file), "utf8").trim().split("\n") : [];
/** Says that it has begun, and ends when it may. */
const gated = (name: string, then = "") => ({
  argv: sh(`echo ${name} >> begun; while ! test -f go-${name}; do sleep 0.02; done; ${then}`),
});
const letGo = (root: string, name: string) => writeFileSync(path.join(root, `go-${name}`), "");
const build = (client: Client, name: string, more: object = {}, then = "") =>
  client.create(LocalResource, name, { allowParallel: true, buildTemplate: gated(name, then), ...more });
const statusOf = async (client: Client, name: string) => (await client.get(LocalResource, name))?.status;
const expectState = (client: Client, name: string, status: object) =>
  expect.poll(() => statusOf(client, name), { timeout: 10_000 }).toMatchObject(status);
const limit = (client: Client, builds: string | null) =>
  client.patch(Namespace, "default", {
    metadata: { annotations: { [MAX_PARALLEL_BUILDS_ANNOTATION]: builds } },
  });
const trigger = (client: Client, name: string) => {
  const time = `${new Date().toISOString().slice(0, 23)}000Z`;
  const value = JSON.stringify({ type: "Trigger", time });
  return client.patch(LocalResource, name, { metadata: { annotations: { [TRIGGER_ANNOTATION]: value } } });
};

test("TRG-6: with two slots a third build waits for one to end, even badly; each has its own result", async ({
  client,
  root,
}) => {
  await limit(client, "2");
  for (const name of ["a", "b", "c"]) {
    await build(client, name, {}, name === "a" ? "exit 3" : "");
    await expectState(client, name, { state: name === "c" ? "Waiting" : "Building" });
  }
  expect((await statusOf(client, "c"))?.message).toBe(
    "waits for a free build slot (default/a, default/b building)",
  );
  letGo(root, "a");
  await expectState(client, "c", { state: "Building" });
  for (const name of ["b", "c"]) letGo(root, name);
  await expectState(client, "a", { state: "Failed", build: { exitCode: 3 } });
  for (const name of ["b", "c"])
    await expectState(client, name, { state: "Succeeded", build: { exitCode: 0 } });
});

test("TRG-7: the limit can be changed while builds run: none is ended, none begins above it", async ({
  client,
  root,
}) => {
  await limit(client, "3");
  for (const name of ["a", "b", "c"]) await build(client, name);
  for (const name of ["a", "b", "c"]) await expectState(client, name, { state: "Building" });
  await limit(client, "1");
  await build(client, "d");
  await expectState(client, "d", { state: "Waiting" });
  for (const name of ["a", "b"]) {
    letGo(root, name);
    await expectState(client, name, { state: "Succeeded" });
  }
  await expectState(client, "d", {
    state: "Waiting",
    message: expect.stringContaining("default/c building"),
  });
  await limit(client, "2");
  await expectState(client, "d", { state: "Building" });
  for (const name of ["c", "d"]) letGo(root, name);
});

test("TRG-7: a limit of 0 holds all builds, and one that is no number is refused", async ({
  client,
  root,
}) => {
  await limit(client, "0");
  await build(client, "a");
  await expectState(client, "a", { state: "Waiting", message: expect.stringContaining("limited to 0") });
  for (const wrong of ["many", "-1", "1.5", ""]) {
    await expect(limit(client, wrong)).rejects.toMatchObject({
      code: 422,
      details: { causes: [{ field: `metadata.annotations[${MAX_PARALLEL_BUILDS_ANNOTATION}]` }] },
    });
  }
  letGo(root, "a");
  await limit(client, null);
  await expectState(client, "a", { state: "Succeeded" });
});

test("TRG-3: what is triggered is built in that order, before what has merely changed", async ({
  client,
  root,
}) => {
  await limit(client, "1");
  const names = ["auto", "one", "two", "three", "four"];
  await build(client, "first");
  await expectState(client, "first", { state: "Building" });
  for (const name of names) {
    await build(client, name, { initialRun: name === "auto" });
    await expectState(client, name, { state: name === "auto" ? "Waiting" : "Idle" });
  }
  for (const name of ["one", "two", "three", "four"]) {
    await trigger(client, name);
    await expectState(client, name, { state: "Waiting" });
  }
  for (const name of ["first", ...names]) letGo(root, name);
  await expectState(client, "auto", { state: "Succeeded" });
  expect(linesOf(root, "begun")).toEqual(["first", "one", "two", "three", "four", "auto"]);
});

test("TRG-9: what is triggered and waits for a dependency holds no slot, and does not jump its queue", async ({
  client,
  root,
}) => {
  await limit(client, "1");
  await client.create(LocalProcess, "db", { argv: sh("sleep 1000"), disabled: true });
  await build(client, "held", { dependsOn: [{ kind: "LocalProcess", name: "db" }], initialRun: false });
  await trigger(client, "held");
  await expectState(client, "held", {
    state: "Waiting",
    message: expect.stringContaining("LocalProcess/db"),
  });
  await build(client, "free");
  await expectState(client, "free", { state: "Building" });
  await client.patch(LocalProcess, "db", { spec: { disabled: false } });
  await expectState(client, "held", { state: "Waiting", message: expect.stringContaining("default/free") });
  for (const name of ["free", "held"]) letGo(root, name);
  await expectState(client, "held", { state: "Succeeded" });
  expect(linesOf(root, "begun")).toEqual(["free", "held"]);
});

test("TRG-11: a disabled resource leaves the queue, and its slot is free when its build has ended", async ({
  client,
  root,
}) => {
  await limit(client, "1");
  const slow = {
    argv: sh("trap 'sleep 0.5; echo ended >> begun; exit' TERM; echo slow >> begun; sleep 1000 & wait"),
  };
  await build(client, "slow", { buildTemplate: slow });
  await expect.poll(() => linesOf(root, "begun")).toEqual(["slow"]);
  await build(client, "queued");
  await build(client, "next");
  await expectState(client, "queued", { state: "Waiting" });
  await expectState(client, "next", { state: "Waiting" });
  for (const name of ["queued", "slow"])
    await client.patch(LocalResource, name, { spec: { disabled: true } });
  await expectState(client, "next", { state: "Building" });
  await expect.poll(() => linesOf(root, "begun")).toEqual(["slow", "ended", "next"]);
  letGo(root, "next");
  await expectState(client, "next", { state: "Succeeded" });
  expect(await statusOf(client, "queued")).toMatchObject({ state: "Disabled" });
});

test("the slot of a deleted resource is free when its build has ended, not before", async ({
  client,
  root,
}) => {
  await limit(client, "1");
  const slow = {
    argv: sh("trap 'sleep 0.5; echo ended >> begun; exit' TERM; echo slow >> begun; sleep 1000 & wait"),
  };
  await build(client, "slow", { buildTemplate: slow });
  await expect.poll(() => linesOf(root, "begun")).toEqual(["slow"]);
  await build(client, "next");
  await expectState(client, "next", { state: "Waiting" });
  await client.delete(LocalResource, "slow");
  await expect.poll(() => linesOf(root, "begun")).toEqual(["slow", "ended", "next"]);
  letGo(root, "next");
  await expectState(client, "next", { state: "Succeeded" });
});

test("a build that ran when tiltish ended holds its slot from the start of the next one", async ({
  client,
  instance,
  root,
}) => {
  await limit(client, "1");
  await build(client, "z-running");
  await expectState(client, "z-running", { state: "Building" });
  for (const name of ["a-queued", "b-queued"]) await build(client, name);
  await instance.close();
  const again = await openTestInstance(root);
  const next = new Client(again.server.transport);
  await expect.poll(() => linesOf(root, "begun")).toEqual(["z-running", "z-running"]);
  for (const name of ["z-running", "a-queued", "b-queued"]) letGo(root, name);
  for (const name of ["a-queued", "b-queued"]) await expectState(next, name, { state: "Succeeded" });
  expect(linesOf(root, "begun").slice(0, 2)).toEqual(["z-running", "z-running"]);
  await again.close();
});
