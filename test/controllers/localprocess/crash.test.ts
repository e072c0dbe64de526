import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { sweep } from "../../../controllers/localprocess/index.ts";
import { endGroups } from "../../../controllers/localprocess/os/owned.ts";
import { Records } from "../../../controllers/localprocess/records.ts";
import { carriersOf, isAlive, sh, test } from "./engine.ts";

const NASTY = [
  "trap '' TERM; while :; do sleep 0.05; done",
  "(sleep 600 & exit 0); sleep 600",
  "setsid sh -c 'trap \"\" TERM; while :; do sleep 0.05; done' & wait",
  "yes >/dev/null & sleep 600",
  "env -i /bin/sleep 600 & wait",
  "exec env -i /bin/sleep 600",
];
const GRACE_MS = 500;

const directory = mkdtempSync(join(tmpdir(), "tiltish-crash-"));
const programs = { guard: join(directory, "guard.mjs"), server: join(directory, "server.mjs") };

beforeAll(async () => {
  const options = { bundle: true, platform: "node", format: "esm", outExtension: { ".js": ".mjs" } } as const;
  const entryPoints = {
    guard: new URL("./guard-program.ts", import.meta.url).pathname,
    server: new URL("./server-program.ts", import.meta.url).pathname,
  };
  const require =
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  await build({ ...options, entryPoints, outdir: directory, banner: { js: require }, target: "node20" });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const markOf = (storeId: string) => `TILTISH_OWNER=${storeId}/`;

const recordedIn = (state: string): number[] => new Records(state).read().map(({ pid }) => pid);

/** Starts one and waits until all of its processes run. */
async function startServer(storeId: string, scripts: string[]) {
  const state = join(directory, storeId);
  const args = [programs.server, storeId, state, programs.guard, ...scripts];
  const server: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  server.stdout!.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const guardPid = () => Number(/guard (\d+)\n$/.exec(output)?.[1]);
  await expect.poll(() => guardPid(), { timeout: 10_000 }).toBeGreaterThan(0);
  return { server, state, guardPid };
}

describe("when the server is killed", () => {
  test("G8 the guard leaves nothing of five nasty children, and goes", async () => {
    const { server, state, guardPid } = await startServer("store-a", NASTY);
    const guard = guardPid();
    const pids = carriersOf(markOf("store-a")).concat(recordedIn(state));
    expect(pids.length).toBeGreaterThanOrEqual(NASTY.length);
    server.kill("SIGKILL");
    const timeout = GRACE_MS + 2_000;
    await expect.poll(() => carriersOf(markOf("store-a")), { timeout }).toEqual([]);
    await expect.poll(() => pids.filter(isAlive), { timeout: 500 }).toEqual([]);
    await expect.poll(() => isAlive(guard), { timeout: 500 }).toBe(false);
  });

  test("it leaves the processes of other servers alone", async () => {
    const [a, b] = [
      await startServer("store-b1", ["sleep 600"]),
      await startServer("store-b2", ["sleep 600"]),
    ];
    a.server.kill("SIGKILL");
    await expect.poll(() => carriersOf(markOf("store-b1")), { timeout: 3_000 }).toEqual([]);
    expect(carriersOf(markOf("store-b2")).length).toBeGreaterThan(0);
    b.server.kill("SIGKILL");
    await expect.poll(() => carriersOf(markOf("store-b2")), { timeout: 3_000 }).toEqual([]);
  });

  test("together with its guard, the sweep of the next one ends what is left, and says what it was", async () => {
    const { server, state, guardPid } = await startServer("store-c", NASTY);
    process.kill(guardPid(), "SIGKILL");
    server.kill("SIGKILL");
    const pids = carriersOf(markOf("store-c")).concat(recordedIn(state));
    expect(pids.length).toBeGreaterThan(0);
    const swept = await sweep({ storeId: "store-c", directory: state, graceMs: GRACE_MS });
    expect(carriersOf(markOf("store-c"))).toEqual([]);
    expect(pids.filter(isAlive)).toEqual([]);
    const uids = new Set(swept.map(({ object }) => object?.uid));
    for (const i of NASTY.keys()) expect(uids).toContain(`uid-${i}`);
    expect(swept.map(({ command }) => command)).toContainEqual(expect.stringContaining("sleep 600"));
    expect(readdirSync(join(state, "processes"))).toEqual([]);
  });
});

describe("a guard that gets to work late", () => {
  test("G8 leaves the processes of the next server alone", async () => {
    const first = await startServer("store-e", ["sleep 600"]);
    const late = first.guardPid();
    process.kill(late, "SIGSTOP");
    first.server.kill("SIGKILL");
    await sweep({ storeId: "store-e", directory: first.state, graceMs: GRACE_MS });
    const next = await startServer("store-e", ["sleep 600"]);
    const [pid] = recordedIn(next.state);
    if (isAlive(late)) process.kill(late, "SIGCONT");
    await expect.poll(() => isAlive(late)).toBe(false);
    expect(isAlive(pid!)).toBe(true);
    next.server.kill("SIGKILL");
    await expect.poll(() => carriersOf(markOf("store-e")), { timeout: 3_000 }).toEqual([]);
  });
});

describe("where there is no process table", () => {
  test("groups are ended whole, and killed if they do not listen", async () => {
    const script =
      "trap '' TERM; (trap '' TERM; while :; do sleep 0.05; done) & while :; do sleep 0.05; done";
    const child = spawn("sh", ["-c", script], {
      detached: true,
      env: { MARK: "group-test" },
      stdio: "ignore",
    });
    await expect.poll(() => carriersOf("MARK=group-test").length).toBeGreaterThan(2);
    await endGroups([child.pid!], 100);
    expect(carriersOf("MARK=group-test")).toEqual([]);
  });
});

describe("a guard that dies", () => {
  test("is started again", async () => {
    const { server, guardPid } = await startServer("store-d", ["sleep 600"]);
    const first = guardPid();
    process.kill(first, "SIGKILL");
    await expect.poll(() => guardPid(), { timeout: 5_000 }).not.toBe(first);
    await expect.poll(() => guardPid(), { timeout: 5_000 }).toBeGreaterThan(0);
    server.kill("SIGKILL");
    await expect.poll(() => carriersOf(markOf("store-d")), { timeout: 3_000 }).toEqual([]);
  });
});

describe("a sweep", () => {
  test("finds nothing where nothing is, and forgets records of what is gone", async ({ engine }) => {
    const web = engine.run({ argv: ["sleep", "600"] });
    await expect.poll(() => web.observation.state).toBe("Running");
    expect(readdirSync(join(engine.directory, "processes"))).toEqual(["uid-web.json"]);
    await web.end("enough");
    expect(readdirSync(join(engine.directory, "processes"))).toEqual([]);
    expect(await sweep({ storeId: engine.storeId, directory: engine.directory })).toEqual([]);
  });

  test("ends a recorded process that has lost its mark", async ({ engine }) => {
    const child = spawn("/bin/sleep", ["600"], { detached: true, env: {}, stdio: "ignore" });
    const record = { namespace: "default", name: "web", uid: "u", run: 1, pid: child.pid!, startTime: "" };
    new Records(engine.directory).write(record);
    const swept = await sweep({ storeId: engine.storeId, directory: engine.directory });
    expect(swept).toEqual([
      { pid: child.pid, command: "/bin/sleep 600", object: { namespace: "default", name: "web", uid: "u" } },
    ]);
    expect(isAlive(child.pid!)).toBe(false);
  });

  test("spares a process that has got the pid of a recorded one", async ({ engine }) => {
    const child = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
    const records = new Records(engine.directory);
    const record = { namespace: "default", name: "web", uid: "u", run: 1, pid: child.pid!, startTime: "" };
    records.write(record);
    const path = join(engine.directory, "processes", "u.json");
    const { readFileSync, writeFileSync } = await import("node:fs");
    const stored = JSON.parse(readFileSync(path, "utf8")) as { startTicks: number };
    writeFileSync(path, JSON.stringify({ ...stored, startTicks: stored.startTicks - 1 }));
    expect(await sweep({ storeId: engine.storeId, directory: engine.directory })).toEqual([]);
    expect(isAlive(child.pid!)).toBe(true);
    child.kill("SIGKILL");
  });

  test("spares whoever it was started by, even if that one carries the mark", async ({ engine }) => {
    const other = engine.run({ argv: ["sleep", "600"] }, "other");
    await expect.poll(() => other.observation.state).toBe("Running");
    // With nothing at the other end of its input a guard begins at once.
    const guard = `${process.execPath} ${programs.guard} ${engine.storeId} < /dev/null`;
    engine.run({ argv: sh(`${guard}; echo survived`) });
    await expect.poll(() => engine.log(), { timeout: 5_000 }).toBe("survived\n");
    expect(other.observation).toMatchObject({ state: "Failed", signal: "SIGTERM" });
  });
});
