import { describe, expect } from "vitest";
import { Event } from "../../../apis/core/index.ts";
import { type Cause, FileWatch } from "../../../apis/v1alpha1/index.ts";
import { nowMicro, triggerValueOf } from "../../../controllers/runtime/index.ts";
import { isAlive, sh } from "./engine.ts";
import { test, type World } from "./world.ts";

const SLEEP = ["sleep", "600"];
const STOPPED = "stopped by hand; tiltish start web runs it again";

const ask = async (world: World, type: Cause["type"], more: Partial<Cause> = {}) => {
  const value = triggerValueOf({ type, time: nowMicro(), ...more });
  await world.trigger("web", value);
  return value;
};

/** Another process that has run to its end: what was written before it has been seen by then. */
const settle = async (world: World, name: string) => {
  await world.create(name, { argv: ["true"] });
  await world.reaches(name, "Succeeded");
};

describe("a process that is stopped by hand", () => {
  test("ends, says how to start it, and runs again when it is asked to", async ({ world }) => {
    await world.create("web", { argv: SLEEP, daemon: true });
    const { pid } = await world.reaches("web", "Running");
    const value = await ask(world, "Stop");
    const status = await world.reaches("web", "Waiting");
    expect(status).toMatchObject({ message: STOPPED, ready: false, observedTrigger: value, run: 1 });
    expect(isAlive(pid!)).toBe(false);
    await ask(world, "Restart");
    expect((await world.reaches("web", "Running", 2)).cause).toMatchObject({ type: "Restart" });
  });

  test("runs again when what it executes changes, and not when its policy does", async ({ world }) => {
    await world.create("web", { argv: SLEEP });
    await world.reaches("web", "Running");
    await ask(world, "Stop");
    await world.reaches("web", "Waiting");
    await world.patch("web", { spec: { backoff: { initial: "3s" }, daemon: true } });
    await expect.poll(() => world.status()).toMatchObject({ observedGeneration: 2, state: "Waiting" });
    await world.patch("web", { spec: { argv: ["sleep", "601"] } });
    await world.reaches("web", "Running", 2);
  });

  test("runs again at the next file event, and not for what was saved before or for a dependency", async ({
    world,
    client,
  }) => {
    await client.create(FileWatch, "src", { glob: "**" });
    await world.create("db", { argv: SLEEP });
    const dependsOn = [{ kind: "LocalProcess", name: "db", onChange: "Restart" as const }];
    await world.create("web", { argv: SLEEP, restartOn: { fileWatches: ["src"] }, dependsOn });
    await world.reaches("web", "Running");
    const saved = nowMicro();
    await ask(world, "Stop");
    await world.reaches("web", "Waiting");
    await world.change("src", ["old.ts"], saved);
    await world.trigger("db", "1");
    await world.reaches("db", "Running", 2);
    await settle(world, "other");
    expect(await world.status()).toMatchObject({ state: "Waiting", run: 1, message: STOPPED });
    await world.change("src", ["new.ts"]);
    expect((await world.reaches("web", "Running", 2)).cause).toMatchObject({ type: "FileChange" });
  });

  test("stays stopped when tiltish starts again", async ({ world }) => {
    await world.create("web", { argv: SLEEP, daemon: true });
    await world.reaches("web", "Running");
    await ask(world, "Stop");
    await world.reaches("web", "Waiting");
    await world.stop();
    await world.start();
    await settle(world, "other");
    expect(await world.status()).toMatchObject({ state: "Waiting", run: 1, message: STOPPED });
  });

  test("waits for no backoff, and a finished one stays finished", async ({ world }) => {
    const backoff = { initial: "10m", max: "10m" };
    await world.create("web", { argv: ["false"], daemon: true, backoff });
    await world.reaches("web", "BackOff");
    await ask(world, "Stop");
    const status = await world.reaches("web", "Waiting");
    expect(status.nextStartTime).toBeUndefined();
    await world.patch("web", { spec: { argv: ["true"], daemon: false } });
    await world.reaches("web", "Succeeded", 2);
    const value = await ask(world, "Stop");
    await expect.poll(() => world.status()).toMatchObject({ observedTrigger: value, state: "Succeeded" });
  });
});

describe("a run that is canceled", () => {
  test("TRG-10: has failed, and no policy runs it again", async ({ world }) => {
    await world.create("web", { argv: SLEEP, daemon: true });
    const { pid } = await world.reaches("web", "Running");
    await ask(world, "Cancel");
    expect(await world.reaches("web", "Failed", 1)).toMatchObject({ message: "canceled" });
    expect(isAlive(pid!)).toBe(false);
    await expect.poll(() => world.reasons()).toContain("Canceled");
    await world.patch("web", { spec: { restartPolicy: "OnFailure" } });
    await expect.poll(() => world.status()).toMatchObject({ observedGeneration: 2, state: "Failed" });
    await ask(world, "Trigger");
    await world.reaches("web", "Running", 2);
  });

  test("TRG-10: is not the one that began after the request, nor one that has ended", async ({ world }) => {
    const early = nowMicro();
    await world.create("web", { argv: SLEEP });
    const { pid } = await world.reaches("web", "Running");
    const value = await ask(world, "Cancel", { time: early });
    await expect.poll(() => world.status()).toMatchObject({ observedTrigger: value });
    expect(await world.status()).toMatchObject({ state: "Running", pid });
    await world.patch("web", { spec: { argv: ["true"] } });
    await world.reaches("web", "Succeeded", 2);
    const late = await ask(world, "Cancel");
    await expect.poll(() => world.status()).toMatchObject({ observedTrigger: late, state: "Succeeded" });
  });
});

describe("a process with initialRun: false", () => {
  const waits = /^waits to be asked/;

  test("CMD-10: waits with a reason until it is asked to run", async ({ world }) => {
    await world.create("web", { argv: SLEEP, initialRun: false });
    expect((await world.reaches("web", "Waiting")).message).toMatch(waits);
    await world.patch("web", { spec: { argv: ["sleep", "601"] } });
    await expect.poll(() => world.status()).toMatchObject({ observedGeneration: 2, state: "Waiting" });
    await ask(world, "Trigger");
    expect((await world.reaches("web", "Running", 1)).cause).toMatchObject({ type: "Trigger" });
  });

  test("CMD-11: that was asked to run is replaced when it is asked again", async ({ world }) => {
    await world.create("web", { argv: SLEEP, initialRun: false });
    await world.reaches("web", "Waiting");
    await ask(world, "Trigger");
    const first = await world.reaches("web", "Running", 1);
    await ask(world, "Trigger");
    expect((await world.reaches("web", "Running", 2)).pid).not.toBe(first.pid);
  });

  test("CMD-12: whose argv changes is stopped, and waits for the next request", async ({ world }) => {
    await world.create("web", { argv: SLEEP, initialRun: false });
    await world.reaches("web", "Waiting");
    await ask(world, "Trigger");
    const { pid } = await world.reaches("web", "Running", 1);
    await world.patch("web", { spec: { argv: ["sleep", "601"] } });
    expect((await world.reaches("web", "Waiting")).message).toMatch(waits);
    expect(isAlive(pid!)).toBe(false);
    await ask(world, "Trigger");
    await world.reaches("web", "Running", 2);
  });

  test("runs again after a start of tiltish only if it ran before", async ({ world }) => {
    await world.create("web", { argv: SLEEP, initialRun: false });
    await world.reaches("web", "Waiting");
    await world.stop();
    await world.start();
    await settle(world, "other");
    expect(await world.status()).toMatchObject({ state: "Waiting" });
    await ask(world, "Trigger");
    await world.reaches("web", "Running", 1);
    await world.stop();
    await world.start();
    expect((await world.reaches("web", "Running", 2)).cause).toMatchObject({ type: "ServerStart" });
  });
});

describe("inputs of a request", () => {
  const print = sh('echo "${HUE-none} ${SIZE-none}"; exec sleep 600');

  test("CMD-17: are in the environment of its run, over the spec, and of no other run", async ({ world }) => {
    await world.create("web", { argv: print, env: { SIZE: "small" } });
    await world.reaches("web", "Running");
    await expect.poll(() => world.log()).toBe("none small\n");
    await ask(world, "Trigger", { inputs: { HUE: "red", SIZE: "big" } });
    await world.reaches("web", "Running", 2);
    await expect.poll(() => world.log()).toBe("red big\n");
    await ask(world, "Trigger", { inputs: { HUE: "blue" } });
    await world.reaches("web", "Running", 3);
    await expect.poll(() => world.log()).toBe("blue small\n");
    await world.patch("web", { spec: { env: { SIZE: "tiny" } } });
    await world.reaches("web", "Running", 4);
    await expect.poll(() => world.log()).toBe("none tiny\n");
  });

  test("CMD-17: which no process could have are left out", async ({ world }) => {
    await world.create("web", { argv: print });
    await world.reaches("web", "Running");
    const inputs = { HUE: "red", "1X": "a", "A=B": "b", SIZE: "c\0d", TILTISH_OWNER: "me" };
    await ask(world, "Trigger", { inputs });
    const { pid } = await world.reaches("web", "Running", 2);
    await expect.poll(() => world.log()).toBe("red none\n");
    expect(world.left).toEqual([pid]);
  });

  test("G12: are shown neither in the cause nor in Events", async ({ world, client }) => {
    await world.create("web", { argv: SLEEP });
    await world.reaches("web", "Running");
    await ask(world, "Trigger", { inputs: { TOKEN: "canary" } });
    const status = await world.reaches("web", "Running", 2);
    expect(JSON.stringify(status.cause)).not.toContain("canary");
    await world.reasons();
    expect(JSON.stringify(await client.list(Event))).not.toContain("canary");
  });

  test("stay with a run that its policy starts again", async ({ world }) => {
    const argv = sh('echo "$HUE"; [ -e crashed ] && exec sleep 600; touch crashed; exit 1');
    await world.create("web", { argv, daemon: true, initialRun: false, backoff: { initial: "20ms" } });
    await ask(world, "Trigger", { inputs: { HUE: "red" } });
    await world.reaches("web", "Running", 2);
    await expect.poll(() => world.log()).toBe("red\n");
  });
});

test("CMD-7: two processes, and the two streams of one, keep their lines apart", async ({ world }) => {
  const argv = (name: string) => sh(`for i in 1 2 3; do echo ${name} out $i; echo ${name} err $i >&2; done`);
  for (const name of ["a", "b"]) await world.create(name, { argv: argv(name) });
  for (const name of ["a", "b"]) await world.reaches(name, "Succeeded");
  for (const name of ["a", "b"]) {
    const lines = [1, 2, 3].flatMap((i) => [`${name} out ${i}`, `${name} err ${i}`]);
    expect((await world.log(name)).trim().split("\n").toSorted()).toEqual(lines.toSorted());
    const err = (await world.log(name, { stream: "stderr" })).trim().split("\n");
    expect(err).toEqual([1, 2, 3].map((i) => `${name} err ${i}`));
  }
});
