import { expect } from "vitest";
import {
  CFAppSync as Kind,
  FileWatch,
  LocalProcess,
  LocalResource,
} from "../../../../apis/v1alpha1/index.ts";
import { test, WAIT } from "./fixture.ts";

const name = { namespace: "default", name: "web" };

test("a restart that is asked for restarts the app once, and sends nothing", async ({ loop }) => {
  await loop.inStep({ "app.txt": "one" });
  await loop.ask("Restart");
  await expect.poll(() => loop.starts().length, WAIT).toBe(2);
  const { metadata } = (await loop.get())!;
  const asked = metadata.annotations!["tiltish.dev/trigger"];
  await expect.poll(async () => (await loop.status()).observedTrigger, WAIT).toBe(asked);
  await loop.synced();
  const { cause, lastSync } = await loop.status();
  expect(cause?.type).toBe("Restart");
  expect(lastSync?.files).toBe(0);
  // Who starts tiltish again does not ask again.
  await loop.shut();
  await loop.open();
  await expect.poll(() => loop.cf.counters.ssh.logins, WAIT).toBe(2);
  await loop.write({ "more.txt": "more" });
  await expect.poll(() => loop.starts().length, WAIT).toBe(3);
});

test("what was stopped syncs nothing until it is asked to, over a restart of tiltish too", async ({
  loop,
}) => {
  await loop.inStep({ "app.txt": "one" });
  await loop.ask("Stop");
  await expect.poll(async () => (await loop.status()).state, WAIT).toBe("Idle");
  await loop.write({ "app.txt": "two" });
  await loop.saw("app.txt");
  await loop.shut();
  await loop.open();
  await expect.poll(async () => (await loop.status()).state, WAIT).toBe("Idle");
  expect(await loop.remoteText("app.txt")).toBe("one");
  await loop.ask("Trigger");
  await expect.poll(() => loop.remoteText("app.txt"), WAIT).toBe("two");
  await loop.synced();
  await expect.poll(async () => (await loop.status()).stopped, WAIT).toBeUndefined();
});

test("trigger mode Manual shows what waits, and sends it when it is asked to", async ({ loop }) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "two", "b.txt": "b" });
  await loop.create({ trigger: { mode: "Manual" } });
  await expect.poll(async () => (await loop.status()).pending?.count, WAIT).toBe(2);
  expect(await loop.condition("Synced")).toBe("False Behind");
  expect(await loop.remoteText("app.txt")).toBe("one");
  await loop.ask("Trigger");
  await loop.synced();
  expect(await loop.remoteText("app.txt")).toBe("two");
  expect((await loop.status()).pending?.count).toBe(0);
});

test("a disabled object does nothing, and goes on when it is enabled", async ({ loop }) => {
  await loop.inStep({ "app.txt": "one" });
  const set = (disabled: boolean) => loop.client.patch(Kind, name, { spec: { disabled } });
  await set(true);
  await expect.poll(async () => (await loop.status()).state, WAIT).toBe("Disabled");
  await loop.write({ "app.txt": "two" });
  await set(false);
  await expect.poll(() => loop.remoteText("app.txt"), WAIT).toBe("two");
  await loop.synced();
});

test("it waits for what it depends on, and says for whom", async ({ loop }) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "two" });
  await loop.create({
    dependsOn: [{ kind: "LocalProcess", name: "db", condition: "Ready", onChange: "Ignore" }],
  });
  await expect.poll(async () => (await loop.status()).state, WAIT).toBe("Waiting");
  expect((await loop.status()).message).toContain("LocalProcess/db");
  expect(loop.cf.counters.ssh.connections).toBe(0);
  await loop.client.create(LocalProcess, { namespace: "default", name: "db" }, { argv: ["sleep", "1000"] });
  await loop.synced();
  expect(await loop.remoteText("app.txt")).toBe("two");
});

test("trigger mode Source builds when sources change, and sends what the build has made, once", async ({
  loop,
}) => {
  await loop.pushed({ "app.txt": "zero" });
  await loop.write({ "../src/main.txt": "one" });
  const build = "mkdir -p out; cp src/main.txt out/app.txt; sleep 0.3; cp src/main.txt out/copy.txt";
  await loop.client.create(
    LocalResource,
    { namespace: "default", name: "build" },
    { buildTemplate: { argv: ["sh", "-c", build] }, watch: { paths: ["src"] } },
  );
  await loop.create({ trigger: { mode: "Source", buildCmd: "build" } });
  await expect.poll(() => loop.remoteText("copy.txt"), WAIT).toBe("one");
  await loop.synced();
  const { number = 0 } = (await loop.status()).revision!.remote!;
  await loop.write({ "../src/main.txt": "two" });
  await expect.poll(() => loop.remoteText("copy.txt"), WAIT).toBe("two");
  await loop.synced(number + 1);
  const { cause, lastSync } = await loop.status();
  expect(cause).toMatchObject({ type: "Build", object: "LocalResource/build" });
  expect(lastSync?.files).toBe(2);
});

test("tiltish that is killed between two looks goes on where it was", async ({ loop }) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "one", "b.txt": "b" });
  await loop.create();
  await loop.synced();
  const before = await loop.status();
  await loop.shut();
  await loop.write({ "app.txt": "two" });
  await loop.open();
  await expect.poll(() => loop.remoteText("app.txt"), WAIT).toBe("two");
  await loop.synced(before.revision!.remote!.number! + 1);
  expect((await loop.status()).lastSync?.files).toBe(1);
  expect(await loop.events("DriftDetected")).toEqual([]);
});

test("what somebody has asked for once is not called the cause of what is found by itself later", async ({
  loop,
}) => {
  await loop.client.create(FileWatch, { namespace: "default", name: "other" }, { paths: ["elsewhere"] });
  await loop.inStep({ "app.txt": "one" }, { trigger: { fileWatches: ["other"] } });
  await loop.ask("Trigger");
  await expect.poll(async () => (await loop.status()).cause?.type, WAIT).toBe("Trigger");
  await loop.shut();
  await loop.write({ "app.txt": "two" });
  await loop.open();
  await expect.poll(() => loop.remoteText("app.txt"), WAIT).toBe("two");
  await loop.synced();
  const { cause, lastSync } = await loop.status();
  expect(cause?.type).not.toBe("Trigger");
  expect(cause?.message).toBe("what is here is not what the app has");
  expect(lastSync?.trigger).toBe("Baseline");
});
