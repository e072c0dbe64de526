import { fileURLToPath } from "node:url";
import { expect, vi } from "vitest";
import { APP } from "../../../fastpush/fixture.ts";
import { type Loop, type Spec, test, WAIT } from "./fixture.ts";

const PROGRAM = fileURLToPath(new URL("../../../../dist/tiltish.js", import.meta.url));
const FAST_PUSH: Spec = { fastPush: { skipVerify: true } };
const FILES = { "app.js": APP, "version.txt": "one" };
const COMMAND = `exec node ${PROGRAM} fastpush-controller -- node app.js`;

const activeIn = async (loop: Loop): Promise<string | undefined> => (await loop.status()).transport?.active;

/** An app that is served by fast-push, for ssh is off; with a supervisor around its controller. */
async function servedByFastPush(loop: Loop): Promise<void> {
  await loop.pushed(FILES, { command: COMMAND });
  loop.cf.faults.sshOff(true);
  await loop.write(FILES);
  await loop.create(FAST_PUSH);
  await loop.synced();
  expect(await activeIn(loop)).toBe("FastPush");
  expect((await loop.status()).transport?.reason).toMatch(/^no better way .*: ssh to web is not allowed/);
}

async function savesBy(loop: Loop, way: string, text: string): Promise<void> {
  await loop.write({ "version.txt": text });
  await expect.poll(() => loop.remoteText("version.txt"), WAIT).toBe(text);
  await loop.synced();
  expect(await activeIn(loop)).toBe(way);
}

test("ssh is tried again when the connection by fast-push is made anew, as after cf enable-ssh and a restart", async ({
  loop,
}) => {
  await servedByFastPush(loop);
  loop.cf.faults.sshOff(false);
  await savesBy(loop, "FastPush", "two");
  await loop.app.instances[0]!.replace();
  await expect.poll(() => activeIn(loop), WAIT).toBe("Agent");
  await loop.synced();
  await expect
    .poll(() => loop.events("TransportChanged"), WAIT)
    .toEqual(["TransportChanged: connected by Agent, the first choice, instead of FastPush"]);
  await savesBy(loop, "Agent", "three");
});

test("ssh is tried again when somebody asks, and fast-push serves on until it leads there", async ({
  loop,
}) => {
  await servedByFastPush(loop);
  await loop.ask("Trigger");
  await expect.poll(() => loop.events("UpToDate"), WAIT).not.toEqual([]);
  expect(await activeIn(loop)).toBe("FastPush");
  await savesBy(loop, "FastPush", "two");
  loop.cf.faults.sshOff(false);
  await loop.ask("Trigger");
  await expect.poll(() => activeIn(loop), WAIT).toBe("Agent");
  await expect.poll(() => loop.events("TransportChanged"), WAIT).toHaveLength(1);
  await savesBy(loop, "Agent", "three");
  expect(loop.cf.counters.ssh.logins).toBe(1);
});

test("ssh is tried again after some minutes, and not with each save", async ({ loop }) => {
  await servedByFastPush(loop);
  loop.cf.faults.sshOff(false);
  await savesBy(loop, "FastPush", "two");
  await savesBy(loop, "FastPush", "three");
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 310_000 });
  try {
    await loop.write({ "version.txt": "four" });
    await expect.poll(() => activeIn(loop), WAIT).toBe("Agent");
    await savesBy(loop, "Agent", "five");
  } finally {
    vi.useRealTimers();
  }
});

test("fast-push is not given up for ssh where only it can restart the app", async ({ loop }) => {
  await loop.pushed(FILES);
  const source = `${loop.home}/source`;
  await loop.app.push(source, COMMAND);
  loop.cf.faults.sshOff(true);
  await loop.write(FILES);
  await loop.create(FAST_PUSH);
  await loop.synced();
  loop.cf.faults.sshOff(false);
  await loop.ask("Trigger");
  await expect
    .poll(async () => (await loop.status()).transport?.reason, WAIT)
    .toContain("only fast-push can restart the app");
  await savesBy(loop, "FastPush", "two");
  await expect.poll(() => loop.condition("Running"), WAIT).toBe("True Ready");
  expect(await loop.events("TransportChanged")).toEqual([]);
});
