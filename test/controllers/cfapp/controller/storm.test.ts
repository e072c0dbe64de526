import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";
import { expect } from "vitest";
import { Brake } from "../../../../controllers/cfapp/engine/brake.ts";
import { CFAppSync } from "../../../../apis/v1alpha1/index.ts";
import { type Loop, test, WAIT } from "./fixture.ts";

const LONG = { timeout: 60_000, interval: 50 };

/** Something that writes to a file all the time, until it is told to stop. */
function writer(loop: Loop, file: string, everyMs: number): { stop: () => Promise<void> } {
  let work: Promise<void> = Promise.resolve();
  const timer = setInterval(
    () => (work = work.then(() => appendFile(join(loop.local, file), "a line\n"))),
    everyMs,
  );
  return { stop: () => (clearInterval(timer), work) };
}

test("a file that is written all the time slows down itself alone, with the remedy, until it is quiet", async ({
  loop,
}) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "one" });
  await loop.create();
  await loop.synced();
  const before = loop.starts().length;
  const log = writer(loop, "app.log", 10);
  await expect.poll(() => loop.condition("Degraded"), LONG).toBe("True BusyFiles");
  expect(await loop.messageOf("Degraded")).toMatch(
    /^app\.log is written all the time.* \/app\.log .*\.cfignore/,
  );
  await expect.poll(() => loop.messageOf("Degraded"), LONG).toContain("every 8s");
  // Ten to see it, and one for each time that it waits for longer.
  expect(loop.starts().length - before).toBeLessThan(20);
  await loop.write({ "app.txt": "two" });
  // Far sooner than the log would go.
  await expect.poll(() => loop.remoteText("app.txt"), { timeout: 6_000, interval: 25 }).toBe("two");
  expect(await loop.condition("Degraded")).toBe("True BusyFiles");
  await log.stop();
  await expect.poll(() => loop.condition("Degraded"), LONG).toBe("False AsExpected");
  const text = await readFile(join(loop.local, "app.log"), "utf8");
  await expect.poll(() => loop.remoteText("app.log"), WAIT).toBe(text);
  expect(await loop.events("BusyFiles")).toHaveLength(1);
});

test("what is told of a busy file is about it, also where something else is worse", async ({ loop }) => {
  await loop.inStep({ "app.txt": "one" });
  const { spec } = (await loop.get())!;
  await loop.client.create(CFAppSync, { namespace: "default", name: "other" }, spec);
  await expect.poll(() => loop.condition("Degraded"), LONG).toBe("True SharedApp");
  const log = writer(loop, "app.log", 10);
  await expect.poll(async () => (await loop.events("BusyFiles"))[0], LONG).toContain("/app.log");
  await log.stop();
});

test("what somebody saves twenty times in ten seconds is sent each time", async ({ loop }) => {
  await loop.pushed({ "app.txt": "one" });
  await loop.write({ "app.txt": "one" });
  await loop.create();
  await loop.synced();
  for (let at = 0; at < 20; at++) {
    await loop.write({ "app.txt": `save ${at}` });
    await later(500);
  }
  await expect.poll(() => loop.remoteText("app.txt"), WAIT).toBe("save 19");
  expect(loop.starts().length).toBeGreaterThan(15);
  expect(await loop.events("BusyFiles")).toEqual([]);
});

/** Takes note of sets, each so long after the other. */
function noted(
  brake: Brake,
  times: number,
  set: { paths: string[]; isBusy: boolean; everyMs: number },
): void {
  for (let at = 1; at <= times; at++) brake.note({ ...set, nowMs: at * set.everyMs });
}

test("what is written all the time is known after ten sets, and waits for up to half a minute", () => {
  const brake = new Brake();
  const log = { paths: ["app.log"], isBusy: true, everyMs: 3000 };
  noted(brake, 9, log);
  expect(brake.isOn).toBe(false);
  noted(brake, 1, log);
  expect([brake.paths, brake.delayMs]).toEqual([["app.log"], 1000]);
  noted(brake, 20, log);
  expect(brake.delayMs).toBe(30_000);
});

test("what is written at intervals is known by its number within a minute", () => {
  const brake = new Brake();
  noted(brake, 24, { paths: ["app.log"], isBusy: false, everyMs: 2000 });
  expect(brake.isOn).toBe(false);
  noted(brake, 25, { paths: ["other.log"], isBusy: false, everyMs: 3000 });
  expect(brake.isOn).toBe(false);
  noted(brake, 25, { paths: ["app.log"], isBusy: false, everyMs: 2000 });
  expect(brake.isOn).toBe(true);
});

test("one set that was not written again before it was through, or that holds something else, begins the count anew", () => {
  const brake = new Brake();
  const log = { paths: ["app.log"], isBusy: true, everyMs: 500 };
  noted(brake, 9, log);
  noted(brake, 1, { ...log, isBusy: false });
  noted(brake, 9, log);
  expect(brake.isOn).toBe(false);
  brake.note({ paths: ["app.log", "app.js"], isBusy: true, nowMs: 5000 });
  noted(brake, 8, log);
  expect(brake.isOn).toBe(false);
});

test("a set without what is written all the time ends its waiting at once; one with more changes nothing", () => {
  const brake = new Brake();
  noted(brake, 10, { paths: ["app.log"], isBusy: true, everyMs: 400 });
  expect(brake.isAbout(["app.log"])).toBe(true);
  expect(brake.isAbout(["app.log", "app.js"])).toBe(false);
  expect(brake.isAbout(undefined)).toBe(false);
  brake.note({ paths: ["app.log", "app.js"], isBusy: true, nowMs: 5000 });
  expect(brake.delayMs).toBe(1000);
  brake.note({ paths: ["app.js"], isBusy: false, nowMs: 6000 });
  expect(brake.isOn).toBe(false);
  expect(brake.quietAtMs(0, 2000)).toBe(Infinity);
});
