import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { describe, expect } from "vitest";
import { sweep } from "../../../controllers/localprocess/index.ts";
import { cgroupOf, makeLeaf, pidsBelow, removeCgroup } from "../../../controllers/localprocess/os/cgroup.ts";
import { type Engine, isAlive, sh, test } from "./engine.ts";

/** Whether this user may make control groups here and put a process into one. */
async function tryOut(): Promise<boolean> {
  const leaf = makeLeaf(cgroupOf("probe"), "run");
  const child = spawn("sleep", ["5"], { stdio: "ignore" });
  await leaf?.enclose(child.pid!, () => []);
  const isIn = leaf?.pids().includes(child.pid!) ?? false;
  child.kill("SIGKILL");
  await once(child, "exit");
  if (leaf) removeCgroup(cgroupOf("probe")!);
  return isIn;
}
const isWritable = await tryOut();
if (!isWritable)
  console.warn(
    "NO CONTROL GROUPS: this user may not divide its cgroup v2 (or there is none), so that what follows checks only that tiltish does without them.",
  );

/** It has left the group, the session and the mark. */
const ESCAPE = "env -i setsid sh -c 'sleep 0.01; exec sleep 605' & exec sleep 600";
const FOREVER = "env -i setsid sh -c 'trap \"\" TERM; while :; do sleep 0.05; done' & exec sleep 600";

const groupsOf = (engine: Engine): string[] => {
  const root = cgroupOf(engine.storeId)!;
  return existsSync(root) ? readdirSync(root).filter((name) => name.includes("uid-")) : [];
};

describe.runIf(isWritable)("where control groups can be made", () => {
  test("G9: a stop ends also who has cleared its environment and left the session", async ({ engine }) => {
    for (const script of [ESCAPE, FOREVER]) {
      const web = engine.run({ argv: sh(script), stop: { signal: "SIGTERM", gracePeriodSeconds: 1 } });
      await expect.poll(() => pidsBelow(cgroupOf(engine.storeId)!).length).toBeGreaterThan(1);
      const pids = pidsBelow(cgroupOf(engine.storeId)!);
      web.wait("enough");
      await expect.poll(() => web.observation.state).toBe("Waiting");
      expect(pids.filter(isAlive)).toEqual([]);
      expect(groupsOf(engine)).toEqual([]);
    }
  });

  test("G8: a sweep ends such a one that an earlier server has left", async ({ engine }) => {
    engine.run({ argv: sh(FOREVER) });
    await expect.poll(() => pidsBelow(cgroupOf(engine.storeId)!).length).toBeGreaterThan(1);
    const pids = pidsBelow(cgroupOf(engine.storeId)!);
    await sweep({ storeId: engine.storeId, directory: engine.directory, graceMs: 200 });
    expect(pids.filter(isAlive)).toEqual([]);
    await expect.poll(() => groupsOf(engine)).toEqual([]);
  });
});

test("a run goes on without a control group of its own where none can be made", async ({ engine }) => {
  expect(makeLeaf("/proc/nowhere", "run")).toBeUndefined();
  expect(makeLeaf(undefined, "run")).toBeUndefined();
  expect(pidsBelow("/proc/nowhere")).toEqual([]);
  const web = engine.run({ argv: sh("exec sleep 600") });
  await expect.poll(() => web.observation.state).toBe("Running");
});
