import { join } from "node:path";
import { expect } from "vitest";
import { CFAppSync as Kind } from "../../../../apis/v1alpha1/index.ts";
import { write } from "../agent/fixture.ts";
import { type Loop, test, WAIT } from "./fixture.ts";

const LONG = { timeout: 60_000, interval: 50 };
const name = { namespace: "default", name: "web" };

/** Files of an app that a manifest tells how to start. */
async function project(loop: Loop, text = "one"): Promise<void> {
  await loop.write({ "app.txt": text });
  const command = "echo started with $(cat app.txt); exec sleep 1000";
  const app = { name: "web", command, "health-check-type": "process", memory: "64M" };
  await write(loop.root, { "manifest.yml": JSON.stringify({ applications: [app] }) });
}

const requests = (loop: Loop, call: string): number => loop.cf.counters.http.requests[call] ?? 0;

test("CF-1: an app that is missing is deployed, step by step, and then synced", async ({ loop }) => {
  await project(loop);
  await loop.create({ push: { manifest: "manifest.yml" } });
  await expect.poll(async () => (await loop.status()).state, LONG).toBe("Deploying");
  await expect.poll(() => loop.condition("Ready"), LONG).toBe("True Synced");
  const { lastDeploy, app, state } = await loop.status();
  expect(state).toBe("Synced");
  expect(app!.routes!.length).toBeGreaterThan(0);
  expect(lastDeploy).toMatchObject({ kind: "Initial" });
  expect(lastDeploy!.steps!.map(({ name }) => name)).toEqual(expect.arrayContaining(["staging"]));
  expect(lastDeploy!.steps!.every(({ duration }) => duration !== undefined)).toBe(true);
  expect(lastDeploy!.dropletGuid).toBeTruthy();
  await expect.poll(() => loop.starts()).toEqual(["started with one"]);
  await expect.poll(() => loop.events("Deployed"), WAIT).toHaveLength(1);
  // The next save needs no deploy: a supervisor is there.
  await loop.write({ "app.txt": "two" });
  await expect.poll(() => loop.starts().length, WAIT).toBe(2);
  await loop.synced();
  await expect.poll(async () => (await loop.status()).lastSync?.files, WAIT).toBe(1);
  expect(await loop.condition("Running")).toBe("True Ready");
  expect(requests(loop, "POST /v3/builds")).toBe(1);
  expect(await loop.events("DriftDetected")).toEqual([]);
}, 90_000);

test("CF-3: initialDeploy Always deploys once although nothing differs, and not again when tiltish is started again", async ({
  loop,
}) => {
  await loop.pushed({ "app.txt": "one" });
  await project(loop);
  const before = requests(loop, "POST /v3/builds");
  await loop.create({ initialDeploy: "Always", push: { manifest: "manifest.yml" } });
  await expect.poll(() => loop.condition("Ready"), LONG).toBe("True Synced");
  expect(requests(loop, "POST /v3/builds")).toBe(before + 1);
  await loop.shut();
  await loop.open();
  await loop.write({ "app.txt": "two" });
  await expect.poll(() => loop.remoteText("app.txt"), LONG).toBe("two");
  await loop.synced();
  expect(requests(loop, "POST /v3/builds")).toBe(before + 1);
}, 90_000);

test("CF-24: where ssh is forbidden that is told with the remedy, and what changes is deployed if that is allowed", async ({
  loop,
}) => {
  await loop.pushed({ "app.txt": "one" });
  await project(loop, "two");
  loop.cf.faults.sshOff(true);
  await loop.create({ push: { manifest: "manifest.yml" } });
  await expect.poll(() => loop.condition("Connected"), LONG).toBe("False SSHDisabled");
  expect(await loop.messageOf("Connected")).toMatch(/operators|cf enable-ssh|cf allow-space-ssh/);
  await expect.poll(() => loop.remoteText("app.txt"), LONG).toBe("two");
  await loop.synced();
  expect(await loop.condition("Degraded")).toBe("True FallbackToPush");
  const told = async () => (await loop.events()).map((event) => event.split(":")[0]);
  await expect.poll(told, WAIT).toEqual(expect.arrayContaining(["FallbackToPush", "Deploying", "Deployed"]));
  expect((await loop.status()).transport).toMatchObject({ active: "Push" });
  // Once ssh is there, it is taken before anything is uploaded.
  const builds = requests(loop, "POST /v3/builds");
  loop.cf.faults.sshOff(false);
  await loop.write({ "app.txt": "three" });
  await expect.poll(() => loop.remoteText("app.txt"), LONG).toBe("three");
  await loop.synced();
  expect(requests(loop, "POST /v3/builds")).toBe(builds);
  await expect.poll(() => loop.events("FallbackCanceled"), WAIT).toHaveLength(1);
  expect(await loop.condition("Connected")).toBe("True Agent");
}, 90_000);

test("CF-24: without leave to push, an app whose ssh is forbidden stays as it is", async ({ loop }) => {
  await loop.pushed({ "app.txt": "one" });
  await project(loop, "two");
  loop.cf.faults.sshOff(true);
  const builds = requests(loop, "POST /v3/builds");
  await loop.create({ fallback: { toPush: false } });
  await expect.poll(async () => (await loop.status()).failures ?? 0, LONG).toBeGreaterThan(1);
  expect(await loop.condition("Connected")).toBe("False SSHDisabled");
  expect(await loop.remoteText("app.txt")).toBe("one");
  expect(requests(loop, "POST /v3/builds")).toBe(builds);
}, 90_000);

test("a change of a file that spec.fullDeployOn names is deployed, and not synced", async ({ loop }) => {
  await project(loop);
  await loop.write({ "package-lock.json": "{}" });
  await loop.create({ push: { manifest: "manifest.yml" } });
  await expect.poll(() => loop.condition("Ready"), LONG).toBe("True Synced");
  await loop.write({ "package-lock.json": '{"lockfileVersion":3}' });
  await expect.poll(async () => (await loop.status()).lastDeploy?.kind, LONG).toBe("Structural");
  await expect.poll(() => loop.remoteText("package-lock.json"), LONG).toContain("lockfileVersion");
  await loop.synced();
  expect(requests(loop, "POST /v3/builds")).toBe(2);
}, 90_000);

test("a deploy that cannot be staged is told with its log, the old droplet stays, and the next change tries again", async ({
  loop,
}) => {
  await project(loop);
  loop.cf.faults.failBuild("BuildpackCompileFailed");
  await loop.create({ push: { manifest: "manifest.yml" } });
  await expect
    .poll(async () => (await loop.status()).lastDeploy?.error, LONG)
    .toContain("BuildpackCompileFailed");
  await expect.poll(async () => (await loop.status()).state, LONG).toBe("Blocked");
  expect(await loop.condition("Synced")).toBe("False Behind");
  await loop.write({ "app.txt": "two" });
  await expect.poll(() => loop.condition("Ready"), LONG).toBe("True Synced");
  await expect.poll(() => loop.starts().at(-1)).toBe("started with two");
}, 90_000);

test("persist OnIdle bakes what was synced into a droplet once nothing has changed for a while", async ({
  loop,
}) => {
  await loop.pushed({ "app.txt": "one" });
  await project(loop, "two");
  await loop.create({ persist: "OnIdle", persistIdle: "2s", push: { manifest: "manifest.yml" } });
  await loop.synced();
  await expect.poll(async () => (await loop.status()).lastDeploy?.kind, LONG).toBe("Persist");
  await expect.poll(() => loop.condition("Ready"), LONG).toBe("True Synced");
  await loop.app.instances[0]!.replace();
  await expect.poll(() => loop.remoteText("app.txt"), LONG).toBe("two");
  expect(requests(loop, "POST /v3/builds")).toBe(1);
}, 90_000);

test("a spec with another directory is another work: what it names is what the app has next", async ({
  loop,
}) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "one" });
  await write(join(loop.root, "other"), { "app.txt": "other", "more.txt": "more" });
  await loop.create();
  await loop.synced();
  await loop.client.patch(Kind, name, { spec: { localPath: "other" } });
  await expect.poll(() => loop.remoteFiles(), LONG).toEqual(["app.txt", "more.txt"]);
  await loop.synced();
  expect(await loop.remoteText("app.txt")).toBe("other");
});

test("persist OnStop bakes what was synced into a droplet when it is stopped by hand", async ({ loop }) => {
  await loop.pushed({ "app.txt": "one" });
  await project(loop, "two");
  await loop.create({ persist: "OnStop", push: { manifest: "manifest.yml" } });
  await loop.synced();
  await loop.ask("Stop");
  await expect.poll(async () => (await loop.status()).lastDeploy?.kind, LONG).toBe("Persist");
  await expect.poll(async () => (await loop.status()).lastDeploy?.finishTime, LONG).toBeTruthy();
  await expect.poll(() => loop.remoteText("app.txt"), LONG).toBe("two");
  expect((await loop.status()).state).toBe("Idle");
  expect(requests(loop, "POST /v3/builds")).toBe(1);
}, 90_000);
