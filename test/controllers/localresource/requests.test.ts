import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import type { InputOf, SpecOf } from "../../../apis/kind.ts";
import { TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import { Event } from "../../../apis/core/index.ts";
import { FileWatch, LocalProcess, LocalResource, type RequestType } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { test } from "../../helpers/instance.ts";

type Spec = InputOf<SpecOf<typeof LocalResource>>;

const sh = (script: string) => ["sh", "-c", script];
const note = (file: string, then = "") => sh(`echo run >> ${file}; ${then}`);
const until = (file: string) => sh(`while ! test -f ${file}; do sleep 0.02; done`);
const forever = "exec sleep 1000";
const FOREVER = sh(forever);

const create = (client: Client, name: string, spec: Spec) => client.create(LocalResource, name, spec);
const statusOf = async (client: Client, name = "app") => (await client.get(LocalResource, name))?.status;
const expectState = (client: Client, name: string, status: object) =>
  expect.poll(() => statusOf(client, name), { timeout: 10_000 }).toMatchObject(status);
const runs = async (root: string, file: string) =>
  (await readFile(path.join(root, file), "utf8").catch(() => "")).split("\n").length - 1;
const serverOf = async (client: Client, name = "app") =>
  (await client.get(LocalProcess, `${name}-serve`))?.status;
const reasonsFor = async (client: Client, name: string) =>
  (await client.list(Event)).items
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason }) => reason);

/** As the trigger subresource does it. */
const ask = (client: Client, type: RequestType, more: object = {}, name = "app") =>
  client.patch(LocalResource, name, {
    metadata: {
      annotations: {
        [TRIGGER_ANNOTATION]: JSON.stringify({
          type,
          message: `${type} by hand`,
          time: `${new Date().toISOString().slice(0, 23)}000Z`,
          ...more,
        }),
      },
    },
  });

test("TRG-10: a build that is canceled ends so, and the server goes on", async ({ client, root }) => {
  const serveTemplate = { argv: note("served", forever) };
  await create(client, "app", { buildTemplate: { argv: ["true"] }, serveTemplate });
  await expectState(client, "app", { state: "Serving" });
  await client.patch(LocalResource, "app", {
    spec: { buildTemplate: { argv: sh("echo slow; sleep 1000") } },
  });
  await expectState(client, "app", { state: "Building" });
  await expect.poll(async () => (await client.get(LocalProcess, "app-build"))?.status?.pid).toBeDefined();
  const { pid } = (await client.get(LocalProcess, "app-build"))!.status!;
  await ask(client, "Cancel", { message: "canceled by hand" });
  await expectState(client, "app", { state: "Failed", message: "build canceled by hand" });
  expect(() => process.kill(pid!, 0)).toThrow("ESRCH");
  const status = (await statusOf(client))!;
  expect(status.buildHistory?.[0]?.error).toMatch(/^canceled by hand/);
  expect(status.conditions).toContainEqual(
    expect.objectContaining({ type: "BuildSucceeded", status: "False", reason: "BuildCanceled" }),
  );
  expect(await serverOf(client)).toMatchObject({ state: "Running", run: 1 });
  expect(await runs(root, "served")).toBe(1);
});

test("TRG-10: a cancel from before the build began is ignored, and said to be", async ({ client, root }) => {
  await create(client, "app", { buildTemplate: { argv: until("go") } });
  await expectState(client, "app", { state: "Building" });
  await ask(client, "Cancel", { time: "2020-01-01T00:00:00.000000Z" });
  await expect.poll(() => reasonsFor(client, "app")).toContain("CancelIgnored");
  await writeFile(path.join(root, "go"), "");
  await expectState(client, "app", { state: "Succeeded" });
  await ask(client, "Cancel");
  await expectState(client, "app", {
    state: "Succeeded",
    observedTrigger: expect.stringContaining("Cancel"),
  });
  expect((await statusOf(client))?.buildHistory).toHaveLength(1);
});

test("a stop ends build and server, until somebody asks for a run", async ({ client, root }) => {
  await create(client, "app", { buildTemplate: { argv: note("built") }, serveTemplate: { argv: FOREVER } });
  await expectState(client, "app", { state: "Serving" });
  await ask(client, "Stop");
  const message = "stopped by hand; tiltish start app runs it again";
  await expectState(client, "app", { state: "Idle", message, serve: { state: "Waiting" } });
  expect((await statusOf(client))?.conditions).toContainEqual(
    expect.objectContaining({ type: "Ready", status: "False", reason: "Stopped" }),
  );
  await ask(client, "Restart");
  await expectState(client, "app", { state: "Serving", cause: { type: "Restart" } });
  expect(await statusOf(client)).not.toHaveProperty("stopped");
  expect(await runs(root, "built")).toBe(1);
  await ask(client, "Stop");
  await expectState(client, "app", { state: "Idle", message });
  await ask(client, "Trigger");
  await expectState(client, "app", { state: "Serving", cause: { type: "Trigger" } });
  expect(await runs(root, "built")).toBe(2);
});

test("a stop while it builds cancels the build", async ({ client }) => {
  await create(client, "app", { buildTemplate: { argv: FOREVER }, serveTemplate: { argv: FOREVER } });
  await expectState(client, "app", { state: "Building" });
  await ask(client, "Stop");
  await expectState(client, "app", { state: "Idle", build: { error: expect.stringContaining("by hand") } });
  expect(await client.get(LocalProcess, "app-serve")).toBeUndefined();
});

test("a save after a stop runs it again, one from before does not", async ({ client, root }) => {
  await mkdir(path.join(root, "src"));
  await create(client, "app", {
    watch: { paths: ["src"] },
    buildTemplate: { argv: note("built", "test -f free || sleep 1000") },
  });
  await client.waitFor(FileWatch, "app-watch", "Ready", { timeoutMs: 10_000 });
  await expectState(client, "app", { state: "Building" });
  await writeFile(path.join(root, "src/a"), "");
  await expectState(client, "app", { state: "Building", pending: { count: 1 } });
  await ask(client, "Stop");
  await expectState(client, "app", { state: "Idle", message: expect.stringContaining("stopped by hand") });
  await writeFile(path.join(root, "free"), "");
  await writeFile(path.join(root, "src/b"), "");
  await expectState(client, "app", {
    state: "Succeeded",
    cause: { type: "FileChange", files: ["src/a", "src/b"] },
  });
});

test("a restart runs the server again without a build, also while one runs or after it has failed", async ({
  client,
  root,
}) => {
  await create(client, "app", {
    buildTemplate: { argv: note("built") },
    serveTemplate: { argv: note("served", forever) },
  });
  await expectState(client, "app", { state: "Serving" });
  await ask(client, "Restart");
  await expect.poll(() => runs(root, "served")).toBe(2);
  await client.patch(LocalResource, "app", {
    spec: { buildTemplate: { argv: sh("test -f go || sleep 1000; exit 1") } },
  });
  await expectState(client, "app", { state: "Building" });
  await ask(client, "Restart");
  await expect.poll(() => runs(root, "served")).toBe(3);
  await ask(client, "Cancel");
  await expectState(client, "app", { state: "Failed" });
  await ask(client, "Restart");
  await expect.poll(() => runs(root, "served")).toBe(4);
  expect(await runs(root, "built")).toBe(1);
});

test("a restart of what has never been built builds it", async ({ client, root }) => {
  await create(client, "app", {
    initialRun: false,
    buildTemplate: { argv: note("built") },
    serveTemplate: { argv: FOREVER },
  });
  await expectState(client, "app", { state: "Idle" });
  await ask(client, "Restart");
  await expectState(client, "app", { state: "Serving" });
  expect(await runs(root, "built")).toBe(1);
});

test("TRG-2: a manual resource builds its pending files when it is triggered; with none, everything", async ({
  client,
  root,
}) => {
  await mkdir(path.join(root, "src"));
  await create(client, "app", {
    triggerMode: "Manual",
    watch: { paths: ["src"] },
    buildTemplate: { argv: note("built") },
  });
  await client.waitFor(FileWatch, "app-watch", "Ready", { timeoutMs: 10_000 });
  await expectState(client, "app", { state: "Succeeded" });
  for (const file of ["a", "b"]) await writeFile(path.join(root, "src", file), "");
  await expectState(client, "app", { pending: { count: 2 } });
  await ask(client, "Trigger");
  await expectState(client, "app", {
    state: "Succeeded",
    build: { cause: { type: "Trigger", files: ["src/a", "src/b"], fileCount: 2 } },
  });
  expect(await statusOf(client)).not.toHaveProperty("pending");
  await ask(client, "Trigger");
  await expect.poll(() => runs(root, "built")).toBe(3);
  await expectState(client, "app", { state: "Succeeded" });
  expect((await statusOf(client))?.build?.cause).not.toHaveProperty("files");
});

test("inputs of a trigger are environment of that build and its server, and of no other", async ({
  client,
  root,
}) => {
  await create(client, "app", {
    buildTemplate: { argv: sh('echo "b:$WHO" >> seen'), env: { WHO: "spec" } },
    serveTemplate: { argv: sh(`echo "s:$WHO" >> seen; ${forever}`) },
  });
  await expectState(client, "app", { state: "Serving" });
  await ask(client, "Trigger", { inputs: { WHO: "s3cret" } });
  const seen = () => readFile(path.join(root, "seen"), "utf8");
  await expect.poll(seen).toBe("b:spec\ns:\nb:s3cret\ns:s3cret\n");
  await ask(client, "Trigger");
  await expect.poll(seen).toBe("b:spec\ns:\nb:s3cret\ns:s3cret\nb:spec\ns:\n");
  const { cause, buildHistory } = (await statusOf(client))!;
  expect(JSON.stringify([cause, buildHistory])).not.toContain("s3cret");
  await expect.poll(() => reasonsFor(client, "app")).toContain("BuildSucceeded");
  expect(JSON.stringify((await client.list(Event)).items)).not.toContain("s3cret");
});

test("the trace of who asks is handed to build and server, each as a span of its own", async ({
  client,
  root,
}) => {
  const seen = () => readFile(path.join(root, "seen"), "utf8");
  await create(client, "app", {
    initialRun: false,
    buildTemplate: { argv: sh('echo "$TRACEPARENT $TRACESTATE" >> seen') },
    serveTemplate: { argv: sh(`echo "$TRACEPARENT $TRACESTATE" >> seen; ${forever}`) },
  });
  await expectState(client, "app", { state: "Idle" });
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  await ask(client, "Trigger", { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, tracestate: "vendor=x" });
  await expect.poll(async () => (await seen()).trim().split("\n").length).toBe(2);
  const [build = "", serve = ""] = (await seen()).trim().split("\n");
  for (const line of [build, serve]) expect(line).toMatch(RegExp(`^00-${traceId}-[0-9a-f]{16}-01 vendor=x$`));
  expect(build).not.toBe(serve);
});

test("TRG-13: another trigger mode holds from the next change on; one that there is not is 422", async ({
  client,
  root,
}) => {
  await mkdir(path.join(root, "src"));
  await create(client, "app", { watch: { paths: ["src"] }, buildTemplate: { argv: note("built") } });
  await client.waitFor(FileWatch, "app-watch", "Ready", { timeoutMs: 10_000 });
  await expectState(client, "app", { state: "Succeeded" });
  const change = (triggerMode: string) => client.patch(LocalResource, "app", { spec: { triggerMode } });
  await expect(change("Sometimes")).rejects.toMatchObject({
    code: 422,
    details: {
      causes: [{ field: "spec.triggerMode", message: expect.stringContaining('"Auto", "Manual"') }],
    },
  });
  await change("Manual");
  await writeFile(path.join(root, "src/a"), "");
  await expectState(client, "app", { state: "Pending" });
  expect(await runs(root, "built")).toBe(1);
  await change("Auto");
  await expectState(client, "app", { state: "Succeeded", cause: { type: "FileChange" } });
});

test("TRG-14: of several FileWatches the newest event is the cause, and one that is not there is skipped", async ({
  client,
  root,
}) => {
  for (const dir of ["one", "two"]) {
    await mkdir(path.join(root, dir));
    await client.create(FileWatch, dir, { paths: [dir] });
    await client.waitFor(FileWatch, dir, "Ready", { timeoutMs: 10_000 });
  }
  await create(client, "app", {
    triggerMode: "Manual",
    restartOn: { fileWatches: ["one", "gone", "two"] },
    buildTemplate: { argv: note("built") },
  });
  await expectState(client, "app", { state: "Succeeded" });
  await writeFile(path.join(root, "two/b"), "");
  await expectState(client, "app", { pending: { count: 1 } });
  await writeFile(path.join(root, "one/a"), "");
  await expectState(client, "app", { pending: { count: 2 } });
  await client.patch(LocalResource, "app", { spec: { triggerMode: "Auto" } });
  await expectState(client, "app", {
    state: "Succeeded",
    cause: { type: "FileChange", object: "FileWatch/one", fileCount: 2 },
  });
});

test("TRG-15, TRG-17: spec.disabled is true or false; anything else is refused and changes nothing", async ({
  client,
}) => {
  await create(client, "app", { buildTemplate: { argv: ["true"] } });
  await expectState(client, "app", { state: "Succeeded" });
  const before = await client.get(LocalResource, "app");
  for (const disabled of ["true", 1, {}, []]) {
    await expect(client.patch(LocalResource, "app", { spec: { disabled } })).rejects.toMatchObject({
      code: 422,
      details: { causes: [{ field: "spec.disabled" }] },
    });
  }
  expect(await client.get(LocalResource, "app")).toEqual(before);
});

test("TRG-15, TRG-16: each change of spec.disabled shows at once; the same value again writes nothing", async ({
  client,
}) => {
  await create(client, "app", { disabled: true, serveTemplate: { argv: FOREVER } });
  await expectState(client, "app", { state: "Disabled" });
  const told = await client.get(LocalResource, "app");
  await client.patch(LocalResource, "app", { spec: { disabled: true } });
  await client.patch(LocalResource, "app", { spec: { disabled: false } });
  await expectState(client, "app", { state: "Serving" });
  await client.patch(LocalResource, "app", { spec: { disabled: true } });
  await expectState(client, "app", { state: "Disabled", serve: { state: "Disabled" } });
  expect((await client.get(LocalResource, "app"))?.metadata.generation).toBe(told!.metadata.generation! + 2);
});

test("TRG-12: what is asked of a disabled resource is not done when it is enabled", async ({
  client,
  root,
}) => {
  await create(client, "app", { disabled: true, initialRun: false, buildTemplate: { argv: note("built") } });
  await expectState(client, "app", { state: "Disabled" });
  await ask(client, "Trigger");
  await expect.poll(() => reasonsFor(client, "app")).toContain("TriggerIgnored");
  await client.patch(LocalResource, "app", { spec: { disabled: false } });
  await expectState(client, "app", { state: "Idle" });
  expect(await runs(root, "built")).toBe(0);
});

test("a resource whose server has done its work is ready", async ({ client }) => {
  await create(client, "app", { serveTemplate: { argv: ["true"], restartPolicy: "Never" } });
  await expectState(client, "app", { state: "Succeeded", serve: { state: "Succeeded" } });
  const conditions = (await statusOf(client))?.conditions?.map(({ type, status, reason }) => [
    type,
    status,
    reason,
  ]);
  expect(conditions).toEqual([
    ["Serving", "False", "Succeeded"],
    ["Ready", "True", "Completed"],
  ]);
});

test("who runs the process of a resource by hand runs it once", async ({ client, root }) => {
  await create(client, "app", { serveTemplate: { argv: note("served", forever) } });
  await expectState(client, "app", { state: "Serving" });
  await client.patch(LocalProcess, "app-serve", { metadata: { annotations: { [TRIGGER_ANNOTATION]: "x" } } });
  await expect.poll(async () => (await serverOf(client))?.observedTrigger).toBe("x");
  await client.patch(LocalResource, "app", { spec: { displayName: "App" } });
  await expect
    .poll(async () => (await statusOf(client))?.observedGeneration)
    .toBe((await client.get(LocalResource, "app"))!.metadata.generation);
  await expectState(client, "app", { state: "Serving" });
  expect(await runs(root, "served")).toBe(2);
});

test("TRG-5: a readiness probe on a build is ignored with a warning; success is what counts", async ({
  client,
}) => {
  const readinessProbe = { exec: { command: ["false"] } };
  await create(client, "app", { buildTemplate: { argv: ["true"], readinessProbe } });
  await client.waitFor(LocalResource, "app", "Ready", { timeoutMs: 10_000 });
  expect((await client.get(LocalProcess, "app-build"))?.spec).not.toHaveProperty("readinessProbe");
  await expect.poll(() => reasonsFor(client, "app")).toContain("ProbeIgnored");
});
