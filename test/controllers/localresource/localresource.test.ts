import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import type { InputOf, SpecOf } from "../../../apis/kind.ts";
import { TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import { FileWatch, LocalProcess, LocalResource } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { test } from "../../helpers/instance.ts";

const note = (file: string, then = "") => ["sh", "-c", `echo run >> ${file}; ${then}`];
const forever = "exec sleep 1000";

const create = (client: Client, spec: InputOf<SpecOf<typeof LocalResource>>, name = "app") =>
  client.create(LocalResource, name, spec);
const statusOf = async (client: Client, name = "app") => (await client.get(LocalResource, name))?.status;
const runs = async (root: string, file: string) =>
  (await readFile(path.join(root, file), "utf8").catch(() => "")).split("\n").length - 1;
const trigger = (client: Client, value = String(Math.random()), name = "app") =>
  client.patch(LocalResource, name, { metadata: { annotations: { [TRIGGER_ANNOTATION]: value } } });

test("TRG-5: a resource with only a build is ready when that has succeeded", async ({ client, root }) => {
  await create(client, { buildTemplate: { argv: note("built") } });
  await client.waitFor(LocalResource, "app", "Ready", { timeoutMs: 10_000 });
  expect(await statusOf(client)).toMatchObject({
    state: "Succeeded",
    build: { reason: "Created", exitCode: 0 },
  });
  expect(await runs(root, "built")).toBe(1);
});

test("the server starts after the build, and is owned by the resource", async ({ client, root }) => {
  const resource = await create(client, {
    buildTemplate: { argv: note("built") },
    serveTemplate: { argv: ["sh", "-c", `test -f built && echo run >> served; ${forever}`] },
  });
  await client.waitFor(LocalResource, "app", "Ready", { timeoutMs: 10_000 });
  expect(await runs(root, "served")).toBe(1);
  const serve = await client.get(LocalProcess, "app-serve");
  expect(serve?.metadata.ownerReferences).toMatchObject([
    { kind: "LocalResource", uid: resource.metadata.uid },
  ]);
  expect(serve?.status?.cause).toMatchObject({ type: "Created" });
});

test("TRG-1: a manual resource collects changes until it is triggered", async ({ client, root }) => {
  await mkdir(path.join(root, "src"));
  await create(client, {
    triggerMode: "Manual",
    initialRun: false,
    watch: { paths: ["src"] },
    buildTemplate: { argv: note("built") },
  });
  await expect.poll(() => statusOf(client)).toMatchObject({ state: "Idle" });
  await client.waitFor(FileWatch, "app-watch", "Ready", { timeoutMs: 10_000 });
  await writeFile(path.join(root, "src/a.txt"), "a");
  await expect.poll(() => statusOf(client)).toMatchObject({ state: "Pending", pending: { count: 1 } });
  expect(await runs(root, "built")).toBe(0);

  await trigger(client);
  await client.waitFor(LocalResource, "app", "Ready", { timeoutMs: 10_000 });
  const status = await statusOf(client);
  expect(status).toMatchObject({ state: "Succeeded", cause: { type: "Trigger", fileCount: 1 } });
  expect(status).not.toHaveProperty("pending");
});

test("a trigger runs it once for each new value", async ({ client, root }) => {
  await create(client, { buildTemplate: { argv: note("built") } });
  await client.waitFor(LocalResource, "app", "Ready", { timeoutMs: 10_000 });
  await trigger(client, "one");
  await expect.poll(() => runs(root, "built")).toBe(2);
  await trigger(client, "one");
  await trigger(client, "two");
  await expect.poll(() => runs(root, "built")).toBe(3);
  await expect.poll(() => statusOf(client)).toMatchObject({ state: "Succeeded", observedTrigger: "two" });
});

test("CMD-2: a change of the server's argv while a build runs waits for the end of the build", async ({
  client,
  root,
}) => {
  await create(client, {
    buildTemplate: { argv: note("built") },
    serveTemplate: { argv: note("old", forever) },
  });
  await client.waitFor(LocalResource, "app", "Ready", { timeoutMs: 10_000 });
  const before = await client.get(LocalProcess, "app-serve");
  await client.patch(LocalResource, "app", {
    spec: {
      buildTemplate: { argv: note("slow", "while ! test -f go; do sleep 0.05; done") },
      serveTemplate: { argv: note("new", forever) },
    },
  });
  await expect.poll(() => runs(root, "slow")).toBe(1);
  expect((await client.get(LocalProcess, "app-serve"))?.status?.pid).toBe(before?.status?.pid);
  await writeFile(path.join(root, "go"), "");
  await expect.poll(() => runs(root, "new")).toBe(1);
  expect(await runs(root, "old")).toBe(1);
});

test("a failing build says why in the status, with the last lines that it wrote", async ({ client }) => {
  await create(client, { buildTemplate: { argv: ["sh", "-c", "echo line one; echo line two >&2; exit 4"] } });
  await expect.poll(() => statusOf(client)).toMatchObject({ state: "Failed" });
  const status = await statusOf(client);
  expect(status?.build).toMatchObject({ exitCode: 4 });
  expect(status?.build?.error).toMatch(/4[^]*line one\nline two/);
  expect(status?.conditions).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ type: "Ready", status: "False", reason: "BuildFailed" }),
    ]),
  );
});

test("a program that is not there is a failed build, not a crash", async ({ client }) => {
  await create(client, { buildTemplate: { argv: ["no-such-program"] } });
  await expect.poll(() => statusOf(client)).toMatchObject({ state: "Failed" });
  expect((await statusOf(client))?.build?.error).toContain("no-such-program");
});

test("the last ten builds are kept, newest first", async ({ client }) => {
  await create(client, { buildTemplate: { argv: ["true"] } });
  for (let i = 0; i < 12; i++) {
    await client.waitFor(LocalResource, "app", "Ready", { timeoutMs: 10_000 });
    await trigger(client, `t${i}`);
    await expect.poll(() => statusOf(client)).toMatchObject({ observedTrigger: `t${i}`, state: "Succeeded" });
  }
  const history = (await statusOf(client))?.buildHistory ?? [];
  expect(history).toHaveLength(10);
  const times = history.map(({ startTime }) => startTime!);
  expect(times).toEqual(times.toSorted().toReversed());
});

test("TRG-11: disabling stops build and server; enabling runs them again", async ({ client, root }) => {
  await create(client, { serveTemplate: { argv: note("served", forever) } });
  await client.waitFor(LocalResource, "app", "Ready", { timeoutMs: 10_000 });
  await client.patch(LocalResource, "app", { spec: { disabled: true } });
  await expect
    .poll(async () => (await client.get(LocalProcess, "app-serve"))?.status?.state)
    .toBe("Disabled");
  expect(await statusOf(client)).toMatchObject({ state: "Disabled" });
  await client.patch(LocalResource, "app", { spec: { disabled: false } });
  await expect.poll(() => runs(root, "served")).toBe(2);
  await expect.poll(() => statusOf(client)).toMatchObject({ state: "Serving" });
});

test("CMD-14: a deleted resource takes its processes and its watch along", async ({ client, root }) => {
  await mkdir(path.join(root, "src"));
  await create(client, { watch: { paths: ["src"] }, serveTemplate: { argv: note("served", forever) } });
  await client.waitFor(LocalResource, "app", "Ready", { timeoutMs: 10_000 });
  const pid = (await client.get(LocalProcess, "app-serve"))!.status!.pid!;
  await client.delete(LocalResource, "app");
  await expect.poll(() => client.get(LocalProcess, "app-serve"), { timeout: 10_000 }).toBeUndefined();
  await expect.poll(() => client.get(FileWatch, "app-watch")).toBeUndefined();
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

test("TRG-4: a resource waits for its dependency, and says for whom and why", async ({ client, root }) => {
  await create(client, {
    dependsOn: [{ kind: "LocalResource", name: "db" }],
    serveTemplate: { argv: note("served", forever) },
  });
  await expect
    .poll(() => statusOf(client))
    .toMatchObject({
      state: "Waiting",
      message: "waits for LocalResource/db (it does not exist)",
    });
  await create(client, { serveTemplate: { argv: ["sleep", "1000"] } }, "db");
  await expect.poll(() => runs(root, "served")).toBe(1);
});

test("a build that waits by itself is refused: the resource waits for it", async ({ client }) => {
  const dependsOn = [{ kind: "LocalResource", name: "db" }];
  await expect(create(client, { buildTemplate: { argv: ["true"], dependsOn } })).rejects.toMatchObject({
    code: 422,
    details: { causes: [{ field: "spec.buildTemplate.dependsOn", reason: "FieldValueForbidden" }] },
  });
});

test("resources that wait for each other say so, naming the cycle", async ({ client }) => {
  await create(
    client,
    { dependsOn: [{ kind: "LocalResource", name: "b" }], serveTemplate: { argv: ["true"] } },
    "a",
  );
  await create(
    client,
    { dependsOn: [{ kind: "LocalResource", name: "a" }], serveTemplate: { argv: ["true"] } },
    "b",
  );
  for (const [name, cycle] of [
    ["a", "LocalResource/a → LocalResource/b → LocalResource/a"],
    ["b", "LocalResource/b → LocalResource/a → LocalResource/b"],
  ]) {
    await expect
      .poll(async () => (await statusOf(client, name))?.conditions)
      .toEqual(
        expect.arrayContaining([expect.objectContaining({ type: "DependencyCycle", message: cycle })]),
      );
  }
});

test("seed option 2: a FileWatch whose selector matches a resource makes it run", async ({
  client,
  root,
}) => {
  await mkdir(path.join(root, "src"));
  await client.create(
    LocalResource,
    { name: "app", labels: { tier: "front" } },
    { serveTemplate: { argv: note("served", forever) } },
  );
  await client.create(FileWatch, "watch", { paths: ["src"], selector: { matchLabels: { tier: "front" } } });
  await client.waitFor(FileWatch, "watch", "Ready", { timeoutMs: 10_000 });
  await client.waitFor(LocalResource, "app", "Ready", { timeoutMs: 10_000 });
  await writeFile(path.join(root, "src/a.txt"), "a");
  await expect.poll(() => runs(root, "served")).toBe(2);
  expect(await statusOf(client)).toMatchObject({
    cause: { type: "FileChange", object: "FileWatch/watch", files: ["src/a.txt"] },
  });
});

test("a name that is taken by somebody else's object is a condition, and leaves that object alone", async ({
  client,
}) => {
  const other = await client.create(LocalProcess, "app-serve", { argv: ["sleep", "1000"] });
  await create(client, { serveTemplate: { argv: ["true"] } });
  await expect
    .poll(async () => (await statusOf(client))?.conditions)
    .toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: "Ready", status: "False", reason: "NameTaken" }),
      ]),
    );
  expect((await client.get(LocalProcess, "app-serve"))?.spec).toEqual(other.spec);
});
