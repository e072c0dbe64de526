import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { test, WAIT } from "./fixture.ts";

const LONG = { timeout: 40_000, interval: 50 };

test("CF-18: a cut in the middle of staging changes nothing, and the same revision is committed once after it", async ({
  loop,
}) => {
  await loop.inStep({ "app.txt": "one" });
  const { number = 0 } = (await loop.status()).revision!.remote!;
  const before = await loop.remote();
  const cut = loop.cf.faults.ssh().cutAfter(300_000, { direction: "up" });
  const noise = Buffer.from(
    Array.from({ length: 2_000_000 }, (_, at) => Math.imul(at, 2_654_435_761) >>> 24),
  );
  await loop.write({ "noise.bin": noise });
  await cut;
  expect(await loop.remote()).toEqual(before);
  await expect.poll(async () => (await loop.remoteText("noise.bin"))?.length, LONG).toBeGreaterThan(0);
  await loop.synced(number + 1);
  expect(loop.starts()).toHaveLength(2);
});

test("CF-19: a cut after the commit and before its answer is no second restart, and the status says what is there", async ({
  loop,
}) => {
  await loop.inStep({ "app.txt": "one" });
  const { number = 0 } = (await loop.status()).revision!.remote!;
  // What comes back first is told before the app is ready.
  const cut = loop.cf.faults.ssh().cutAfter(1, { direction: "down" });
  await loop.write({ "app.txt": "two" });
  await cut;
  await expect.poll(() => loop.remoteText("app.txt"), LONG).toBe("two");
  await loop.synced(number + 1);
  expect(loop.starts().map((line) => line.slice(-3))).toEqual(["one", "two"]);
});

test("CF-20: after a long silence it connects anew with a new code, and sends only what differs", async ({
  loop,
}) => {
  await loop.inStep({ "app.txt": "one", "lib.txt": "lib" });
  const { codesUsed } = loop.cf.counters.ssh;
  loop.cf.faults.ssh().refuse(true);
  loop.cf.faults.ssh().drop("reset");
  await loop.write({ "app.txt": "two" });
  await expect.poll(async () => (await loop.status()).failures ?? 0, LONG).toBeGreaterThan(0);
  expect((await loop.get())!.status!.state).toMatch(/BackOff|Connecting|Resolving/);
  loop.cf.faults.ssh().refuse(false);
  await expect.poll(() => loop.remoteText("app.txt"), LONG).toBe("two");
  await loop.synced();
  expect(loop.cf.counters.ssh.codesUsed).toBe(codesUsed + 1);
  await expect.poll(async () => (await loop.status()).lastSync?.files, WAIT).toBe(1);
});

test("instances that cannot be reached for long are waited for, and nothing is deployed that they have", async ({
  loop,
}) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "two" });
  await loop.create({ fallback: { afterFailures: 1 } });
  await loop.synced();
  const builds = loop.cf.counters.http.requests["POST /v3/builds"];
  loop.cf.faults.ssh().refuse(true);
  loop.cf.faults.ssh().drop("reset");
  await expect.poll(async () => (await loop.status()).failures ?? 0, LONG).toBeGreaterThan(3);
  expect(await loop.condition("Connected")).toBe("False Unreachable");
  expect(loop.cf.counters.http.requests["POST /v3/builds"]).toBe(builds);
  expect(await loop.events("FallbackToPush")).toEqual([]);
  loop.cf.faults.ssh().refuse(false);
  await expect.poll(() => loop.condition("Connected"), LONG).toBe("True Agent");
  await loop.synced();
});

test("CF-21: nobody sees that an access token has expired", async ({ loop }) => {
  await loop.inStep({ "app.txt": "one" });
  loop.cf.faults.expireTokens();
  loop.cf.faults.ssh().drop();
  await loop.write({ "app.txt": "two" });
  await expect.poll(() => loop.remoteText("app.txt"), LONG).toBe("two");
  await loop.synced();
  expect(await loop.condition("Authenticated")).toBe("True LoggedIn");
  expect(await loop.events("TokenExpired")).toEqual([]);
});

test("CF-22: a login that has ended blocks it with what to do, and it goes on by itself after the next login", async ({
  loop,
}) => {
  await loop.inStep({ "app.txt": "one" });
  loop.cf.faults.revokeTokens();
  loop.cf.faults.ssh().drop();
  await expect.poll(() => loop.condition("Authenticated"), LONG).toBe("False TokenExpired");
  expect(await loop.messageOf("Authenticated")).toContain("cf login");
  expect((await loop.status()).state).toBe("Blocked");
  await loop.write({ "app.txt": "two" });
  await loop.cf.login(loop.home);
  await expect.poll(() => loop.remoteText("app.txt"), LONG).toBe("two");
  await loop.synced();
});

test("CF-23: another host key blocks it, both fingerprints are shown, nothing is sent and nothing is pushed", async ({
  loop,
}) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "two" });
  loop.cf.faults.wrongHostKey(true);
  await loop.create();
  await expect.poll(() => loop.condition("Connected"), LONG).toBe("False HostKeyMismatch");
  const { state, message = "", lastDeploy } = await loop.status();
  expect(state).toBe("Blocked");
  expect(message).toContain(loop.cf.ssh.fingerprint);
  expect(message.match(/SHA256:\S{43}|[0-9a-zA-Z+/]{43}/g)?.length).toBeGreaterThanOrEqual(2);
  expect(lastDeploy).toBeUndefined();
  expect(loop.cf.counters.ssh.codesUsed).toBe(0);
  await expect.poll(() => loop.events("HostKeyMismatch"), WAIT).toHaveLength(1);
  const { connections } = loop.cf.counters.ssh;
  await loop.write({ "app.txt": "three" });
  await loop.saw("app.txt");
  expect(loop.cf.counters.ssh.connections).toBe(connections);
  loop.cf.faults.wrongHostKey(false);
  await loop.ask("Trigger");
  await loop.synced();
  expect(await loop.remoteText("app.txt")).toBe("three");
});

test("CF-25: code that crashes at its start is told with exit code and last lines, and the next good save mends it", async ({
  loop,
}) => {
  const command = "sh run.sh";
  await loop.pushed({ "run.sh": "echo started with good; exec sleep 1000" }, { command });
  await loop.write({ "run.sh": "echo started with good; exec sleep 1000" });
  await loop.create();
  await loop.synced();
  const { guid } = loop.app.instances[0]!;
  await loop.write({ "run.sh": "echo started with bad; echo no database >&2; exit 3" });
  await expect.poll(() => loop.condition("Running"), LONG).toBe("False Crashed");
  const message = await loop.messageOf("Running");
  expect(message).toContain("exit code 3");
  expect(message).toContain("no database");
  expect((await loop.status()).state).toBe("Crashed");
  expect(await loop.condition("Ready")).toBe("False Crashed");
  await expect.poll(() => loop.events("Crashed"), WAIT).toHaveLength(1);
  expect(loop.app.instances[0]!.guid).toBe(guid);
  await loop.write({ "run.sh": "echo started with better; exec sleep 1000" });
  await expect.poll(() => loop.condition("Running"), LONG).toBe("True Ready");
  await loop.synced();
  expect((await loop.status()).lastDeploy).toBeUndefined();
  expect(loop.app.instances[0]!.guid).toBe(guid);
});

test("CF-26: an app that ignores SIGTERM is killed after its grace, with all of its group", async ({
  loop,
}) => {
  const command = "sh run.sh";
  const stubborn = 'trap "" TERM; echo started with stubborn; sleep 1000 & while true; do sleep 1; done';
  await loop.pushed({ "run.sh": stubborn }, { command });
  await loop.write({ "run.sh": stubborn });
  await loop.create({ restart: { grace: "1s" } });
  await loop.synced();
  const before = loop.app.instances[0]!.processes();
  await loop.write({ "run.sh": "echo started with kind; exec sleep 2000" });
  await expect.poll(() => loop.starts().at(-1), LONG).toContain("kind");
  await expect
    .poll(async () => (await loop.status()).lastSync?.durations?.["restart"], LONG)
    .toMatch(/^\d+(\.\d+)?s$/);
  await loop.synced();
  const { pid } = (await loop.status()).instances![0]!;
  expect(before).not.toContain(pid);
});

test("CF-27: an instance that was replaced gets all that was synced, and that is told", async ({ loop }) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "two", "new.txt": "new" });
  await loop.create();
  await loop.synced();
  await loop.app.instances[0]!.replace();
  await expect.poll(() => loop.remoteFiles(), LONG).toEqual(["app.txt", "new.txt"]);
  await loop.synced();
  const guid = async () => (await loop.status()).instances?.[0]?.instanceGuid;
  await expect.poll(guid, WAIT).toBe(loop.app.instances[0]!.guid);
  await expect.poll(() => loop.events("DriftDetected"), WAIT).toHaveLength(1);
  await expect.poll(() => loop.condition("Degraded"), WAIT).toBe("False AsExpected");
});

test("CF-28: of three instances one that cannot be reached is behind, and only that one is tried again", async ({
  loop,
}) => {
  await loop.pushed({ "app.txt": "one" }, { instances: 3 });
  await expect
    .poll(() => loop.app.instances.map(({ state }) => state), WAIT)
    .toEqual(Array(3).fill("RUNNING"));
  await loop.write({ "app.txt": "two" });
  await loop.create();
  await loop.synced();
  const { number } = (await loop.status()).revision!.remote!;
  // Its files can no longer be written.
  const { home } = loop.app.instances[1]!;
  await rm(join(home, "app"), { recursive: true });
  await loop.write({ "app.txt": "three" });
  await expect.poll(() => loop.remoteText("app.txt", 0), LONG).toBe("three");
  await expect.poll(() => loop.remoteText("app.txt", 2), LONG).toBe("three");
  await expect
    .poll(async () => `${await loop.condition("Synced")}: ${await loop.messageOf("Synced")}`, LONG)
    .toMatch(/^False PartiallySynced: /);
  const { instances } = await loop.status();
  expect(instances!.map(({ revision }) => revision)).toEqual([number! + 1, number, number! + 1]);
  expect(instances![1]!.lastError).toBeTruthy();
  const starts = loop.starts(0).length;
  await loop.app.instances[1]!.replace();
  await loop.synced();
  expect(await loop.remoteText("app.txt", 1)).toBe("three");
  expect(loop.starts(0)).toHaveLength(starts);
});

test("an instance whose files somebody has taken away is looked at again, and gets what it lacks", async ({
  loop,
}) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "one", "sub/x.txt": "one" });
  await loop.create();
  await loop.synced();
  await rm(join(loop.app.instances[0]!.home, "app/sub"), { recursive: true });
  await loop.write({ "sub/x.txt": "two" });
  await expect.poll(() => loop.remoteText("sub/x.txt"), LONG).toBe("two");
  await loop.synced();
  await expect.poll(async () => (await loop.status()).failures ?? 0, WAIT).toBe(0);
  await loop.write({ "app.txt": "two" });
  await expect.poll(() => loop.remoteText("app.txt"), LONG).toBe("two");
});

test("it ends although the platform and the instances are silent", async ({ loop }) => {
  await loop.inStep({ "app.txt": "one" });
  loop.cf.faults.ssh().silence(true);
  await loop.write({ "app.txt": "two" });
  await expect.poll(async () => (await loop.status()).state, WAIT).toMatch(/Syncing|Restarting/);
  await loop.shut();
  loop.cf.faults.clear();
  loop.cf.faults.http().silence(true);
  await loop.open();
  await expect.poll(async () => (await loop.status()).state, WAIT).toBe("Resolving");
  await loop.shut();
  loop.cf.faults.clear();
  await loop.open();
  await expect.poll(() => loop.remoteText("app.txt"), WAIT).toBe("two");
});

test("nothing is said to restart while files are on their way, nor once the connection was lost", async ({
  loop,
}) => {
  await loop.inStep({ "app.txt": "one" });
  await loop.write({ "app.txt": "two" });
  await loop.synced();
  await expect.poll(() => loop.condition("Running"), WAIT).toBe("True Ready");
  loop.cf.faults.ssh().silence(true);
  await loop.write({ "noise.bin": randomBytes(30_000_000) });
  await expect.poll(() => loop.condition("Synced"), WAIT).toBe("False Syncing");
  expect((await loop.status()).state).toBe("Syncing");
  expect(await loop.condition("Running")).toBe("True Ready");
  loop.cf.faults.ssh().refuse(true);
  loop.cf.faults.ssh().drop("reset");
  await expect.poll(async () => (await loop.status()).failures ?? 0, LONG).toBeGreaterThan(0);
  expect(await loop.condition("Synced")).toBe("False Behind");
  expect(await loop.condition("Running")).toBe("True Ready");
  loop.cf.faults.clear();
  await expect.poll(async () => (await loop.remoteText("noise.bin"))?.length, LONG).toBeGreaterThan(0);
  await loop.synced();
});

test("a set that is canceled while nobody in the container answers is given up, and is there once somebody does", async ({
  loop,
}) => {
  await loop.inStep({ "app.txt": "one" });
  const [instance] = loop.app.instances;
  instance!.kill("SIGSTOP");
  await loop.write({ "app.txt": "two" });
  await expect.poll(() => loop.condition("Running"), WAIT).toBe("False Restarting");
  await loop.ask("Cancel");
  await expect.poll(() => loop.condition("Running"), LONG).not.toBe("False Restarting");
  instance!.kill("SIGCONT");
  await expect.poll(() => loop.remoteText("app.txt"), LONG).toBe("two");
  await loop.synced();
  await expect.poll(() => loop.starts().at(-1), LONG).toContain("two");
  await expect.poll(() => loop.condition("Running"), LONG).toBe("True Ready");
}, 90_000);
