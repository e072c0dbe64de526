import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { isAlive, sh, specOf, test } from "./engine.ts";
import type { ManagedProcess } from "../../../controllers/localprocess/process.ts";

const node = (script: string): string[] => [process.execPath, "-e", script];
const running = async (web: ManagedProcess) => {
  await expect.poll(() => web.observation.state, { interval: 5 }).toBe("Running");
  return web.observation.pid!;
};

/** Each leaves something that a simple kill of the leader would miss. */
const SHAPES: Record<string, string[]> = {
  "one process": ["sleep", "600"],
  "a shell with a child in the foreground": sh("sleep 600; true"),
  "a shell with children in the background": sh("sleep 600 & sleep 600 & wait"),
  "a leader that ignores TERM": sh("trap '' TERM; while :; do sleep 0.05; done"),
  "children that ignore TERM": sh("(trap '' TERM; while :; do sleep 0.05; done) & wait"),
  "a double fork": sh("(sleep 600 & exit 0); sleep 600"),
  "a session of its own": sh("setsid sleep 600 & wait"),
  "a session of its own, of a parent that has gone": sh("(setsid sleep 600 &); sleep 600"),
  "a session of its own that ignores TERM": sh(
    "setsid sh -c 'trap \"\" TERM; sleep 600 & wait; sleep 600' & wait",
  ),
  "a zombie that nobody buries": node(
    "require('child_process').spawn('true'); process.on('SIGTERM', () => process.exit()); const end = Date.now() + 200; while (Date.now() < end); setInterval(() => {}, 1000)",
  ),
  "a leader that forks when it is told to end": sh(
    "trap '(setsid sleep 600 &) ; exit 0' TERM; while :; do sleep 0.05; done",
  ),
  "an environment without the mark, in the session": sh("env -i /bin/sleep 600 & wait"),
};

describe("G9 stopping ends the whole tree:", () => {
  for (const [shape, argv] of Object.entries(SHAPES)) {
    test(shape, async ({ engine }) => {
      const web = engine.run({ argv, stop: { signal: "SIGTERM", gracePeriodSeconds: 1 } });
      const pid = await running(web);
      await expect.poll(() => engine.left.length).toBeGreaterThan(0);
      const startedAt = performance.now();
      await web.end("enough");
      expect(isAlive(pid)).toBe(false);
      expect(engine.left).toEqual([]);
      expect(performance.now() - startedAt).toBeLessThan(3_000);
      expect(web.observation).toMatchObject({ state: "Waiting", message: "enough", pid: undefined });
    });
  }
});

describe("stopping", () => {
  test("CMD-18 lets an EXIT trap have its last word in the log", async ({ engine }) => {
    const web = engine.run({
      argv: sh("trap 'echo bye; exit 0' TERM; echo hi; while :; do sleep 0.02; done"),
    });
    await expect.poll(() => engine.log()).toBe("hi\n");
    await web.end("enough");
    expect(await engine.log()).toMatch(/^hi\n[^]*bye\n$/);
  });

  test("sends the signal that the spec names", async ({ engine }) => {
    const argv = sh("trap 'echo got int; exit 0' INT; echo up; while :; do sleep 0.02; done");
    const web = engine.run({ argv, stop: { signal: "SIGINT", gracePeriodSeconds: 5 } });
    await expect.poll(() => engine.log()).toBe("up\n");
    await web.end("enough");
    expect(await engine.log()).toContain("got int");
  });

  test("runs the stop command instead, and waits for what it does", async ({ engine }) => {
    const argv = sh("trap 'echo term' TERM; while [ ! -e stop ]; do sleep 0.02; done; echo left");
    const web = engine.run({
      argv,
      stop: { signal: "SIGTERM", gracePeriodSeconds: 5, argv: ["touch", "stop"] },
    });
    await running(web);
    await web.end("enough");
    expect(await engine.log()).toBe("left\n");
  });

  test("sends the signal when the stop command fails, and says so", async ({ engine }) => {
    const stop = { signal: "SIGTERM" as const, gracePeriodSeconds: 5, argv: ["false"] };
    const web = engine.run({ argv: ["sleep", "600"], stop });
    await running(web);
    await web.end("enough");
    expect(web.observation.signal).toBe("SIGTERM");
    expect(engine.events.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("the stop command failed"),
    );
  });

  test("kills a stop command that hangs, with the rest", async ({ engine }) => {
    const stop = { signal: "SIGTERM" as const, gracePeriodSeconds: 1, argv: ["sleep", "600"] };
    const web = engine.run({ argv: ["sleep", "600"], stop });
    await running(web);
    await web.end("enough");
    expect(web.observation.signal).toBe("SIGKILL");
    expect(engine.left).toEqual([]);
  });

  test("kills at once without a grace period", async ({ engine }) => {
    const web = engine.run({
      argv: sh("trap '' TERM; sleep 600"),
      stop: { signal: "SIGTERM", gracePeriodSeconds: 0 },
    });
    await running(web);
    await web.end("enough");
    expect(web.observation.signal).toBe("SIGKILL");
  });

  test("CMD-20 that takes its time delays nobody else", async ({ engine }) => {
    const stubborn = sh("trap '' TERM; echo up; while :; do sleep 0.05; done");
    const a = engine.run({ argv: stubborn, stop: { signal: "SIGTERM", gracePeriodSeconds: 2 } }, "a");
    await expect.poll(() => engine.log({}, "a")).toBe("up\n");
    const halted = a.end("enough");
    const startedAt = performance.now();
    const b = engine.run({ argv: ["sleep", "600"] }, "b");
    await running(b);
    await b.end("enough");
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(a.observation.state).toBe("Stopping");
    await halted;
  });

  test("also ends what a program leaves behind when it exits by itself", async ({ engine }) => {
    const web = engine.run({ argv: sh("sleep 600 & setsid sleep 600 & exit 0") });
    await expect.poll(() => web.observation.state).toBe("Succeeded");
    expect(engine.left).toEqual([]);
  });

  test("CMD-8 of the whole server leaves nothing", async ({ engine }) => {
    for (const name of ["a", "b", "c"]) await running(engine.run({ argv: sh("sleep 600 & wait") }, name));
    await engine.supervisor.close();
    expect(engine.left).toEqual([]);
  });
});

describe("running again", () => {
  test("CMD-1 ends the old process before the new one starts", async ({ engine }) => {
    const script =
      "trap 'sleep 0.1; rmdir lock; exit' TERM; mkdir lock || touch double; while :; do sleep 0.02; done";
    const web = engine.run({ argv: sh(script) });
    for (let run = 2; run < 6; run++) {
      await expect.poll(() => existsSync(join(engine.directory, "lock"))).toBe(true);
      engine.run({ argv: sh(script) });
      await expect.poll(() => web.observation).toMatchObject({ state: "Running", run });
    }
    expect(existsSync(join(engine.directory, "double"))).toBe(false);
  });

  test("many times at once runs the last order, and never two", async ({ engine }) => {
    const web = engine.run({ argv: sh("echo first; sleep 600") });
    await running(web);
    for (let i = 0; i < 20; i++) engine.run({ argv: sh(`echo order ${i}; sleep 600`) });
    await expect.poll(() => web.observation).toMatchObject({ state: "Running", run: 2 });
    await expect.poll(() => engine.log()).toBe("order 19\n");
    expect(engine.left.length).toBe(2); // the shell and its sleep
  });
});

const LONG = { initial: "1000h", max: "1000h", resetAfter: "60s" };

describe("a process that exits by itself", () => {
  test("starts again with growing waits, and says when", async ({ engine }) => {
    const web = engine.run({
      argv: sh("exit 1"),
      daemon: true,
      backoff: { initial: "50ms", max: "10s", resetAfter: "60s" },
    });
    await expect
      .poll(() => web.observation, { interval: 5 })
      .toMatchObject({ state: "BackOff", restarts: 2, exitCode: 1 });
    expect(web.observation.nextStartTime).toBeDefined();
    expect(web.observation.cause).toMatchObject({ type: "Crash", message: "exited with code 1" });
    const waits = engine.events.filter(({ reason }) => reason === "BackOff").map(({ message }) => message);
    expect(waits.map((text) => text.replace(/after [\d.]+s/, "after 0.0s"))).toEqual([
      "exited with code 1 after 0.0s; starts again in 0.05s",
      "exited with code 1 after 0.0s, the same 2 times in a row; starts again in 0.1s",
      "exited with code 1 after 0.0s, the same 3 times in a row; starts again in 0.2s",
    ]);
  });

  test("is given up after as many restarts as the spec allows", async ({ engine }) => {
    const web = engine.run({ argv: sh("exit 1"), restartPolicy: "OnFailure", maxRestarts: 2 });
    await expect.poll(() => web.observation).toMatchObject({ state: "Failed", restarts: 2, run: 3 });
    expect(web.observation.message).toContain("given up after 2 restarts");
  });

  test("counts afresh after a run that lasted", async ({ engine }) => {
    const backoff = { initial: "1ms", max: "1ms", resetAfter: "30ms" };
    const web = engine.run({ argv: sh("sleep 0.05; exit 1"), daemon: true, maxRestarts: 1, backoff });
    await expect.poll(() => web.observation.run).toBeGreaterThan(4);
  });

  test("with OnFailure stays as it is after a success", async ({ engine }) => {
    const web = engine.run({
      argv: sh("test -e done || { touch done; exit 1; }"),
      restartPolicy: "OnFailure",
    });
    await expect.poll(() => web.observation).toMatchObject({ state: "Succeeded", run: 2 });
  });

  test.for([{ restartPolicy: "Never" as const }, { maxRestarts: 0 }])(
    "is not started again if its policy, now %o, does not want it any more",
    async (policy, { engine }) => {
      const spec = { argv: sh("exit 1"), daemon: true, backoff: LONG };
      const web = engine.run(spec);
      await expect.poll(() => web.observation.state, { interval: 5 }).toBe("BackOff");
      web.configure(specOf({ ...spec, ...policy }));
      expect(web.observation).toMatchObject({ state: "Failed", run: 1, nextStartTime: undefined });
    },
  );

  test("waits for weeks if it is told to, and not for a millisecond", async ({ engine }) => {
    const web = engine.run({ argv: sh("exit 1"), daemon: true, backoff: LONG });
    await expect.poll(() => web.observation.state, { interval: 5 }).toBe("BackOff");
    const { nextStartTime } = web.observation;
    expect(Date.parse(nextStartTime!)).toBeGreaterThan(Date.now() + 20 * 24 * 3_600_000);
    expect(web.observation.run).toBe(1);
  });

  test("can be stopped while it waits", async ({ engine }) => {
    const web = engine.run({
      argv: sh("exit 1"),
      daemon: true,
      backoff: { initial: "100ms", max: "1s", resetAfter: "60s" },
    });
    await expect.poll(() => web.observation.state, { interval: 5 }).toBe("BackOff");
    web.disable();
    expect(web.observation).toMatchObject({ state: "Disabled", run: 1 });
    engine.run({ argv: ["sleep", "600"] });
    await expect.poll(() => web.observation).toMatchObject({ state: "Running", run: 2, restarts: 0 });
  });
});
