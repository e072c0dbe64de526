import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  ignoreLineFor,
  LoopDetector,
  type LoopEvent,
  type LoopRun,
  type LoopVerdict,
} from "../../../controllers/filewatch/engine/loop-detector.ts";
import { FileWatch, LocalProcess, LocalResource } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { findCondition } from "../../../controllers/runtime/index.ts";
import { test as testWithServer } from "../../helpers/instance.ts";
import { write } from "./fixture.ts";

const traceOf = (count: number) => `00-${String(count).padStart(32, "0")}-0000000000000001-01`;

interface Scene {
  files?: string[];
  /** From one event to the next. */
  periodMs: (count: number) => number;
  /** From an event to the start of the run that it causes. */
  startMs?: (count: number) => number;
  /** How long a run takes; for ever if not given. */
  takesMs?: number;
}

/** Plays 40 events, each after a run that the one before caused, and answers the verdicts. */
function play({ files = ["out"], periodMs, startMs = () => 5, takesMs }: Scene): LoopVerdict[] {
  const detector = new LoopDetector();
  const verdicts: LoopVerdict[] = [];
  let [timeMs, runs] = [1_000_000, [] as LoopRun[]];
  for (let count = 0; count < 40; count++) {
    const event: LoopEvent = { timeMs, files, modifiedMs: timeMs - 3, traceparent: traceOf(count) };
    const verdict = detector.judge(event, runs);
    verdicts.push(verdict);
    if (verdict === "hold") {
      timeMs += 800;
      detector.released({ ...event, timeMs });
    }
    const start = timeMs + startMs(count);
    runs = [
      { name: "app", traceparent: traceOf(count), startMs: start, finishMs: takesMs && start + takesMs },
    ];
    timeMs = start + periodMs(count);
  }
  return verdicts;
}

test("output that follows each run is first held back, and then taken for a loop", () => {
  const verdicts = play({ periodMs: (count) => 60 + (count % 3), startMs: (count) => 20 + 9 * (count % 2) });
  expect(verdicts.slice(0, 25)).toEqual(Array(25).fill("pass"));
  expect(verdicts).toContain("hold");
  expect(verdicts.at(-1)).toBe("loop");
});

test("changes after the end of the run that the former one caused are no loop", () => {
  expect(play({ periodMs: () => 100, takesMs: 50 })).toEqual(Array(40).fill("pass"));
});

test("25 within a minute it has to be", () => {
  expect(play({ periodMs: () => 3000 })).toEqual(Array(40).fill("pass"));
});

test("a change while an event is held back is somebody else's, and ends the suspicion", () => {
  const detector = new LoopDetector();
  const at = (count: number): LoopEvent => {
    const timeMs = 1_000_000 + 100 * count;
    return { timeMs, files: ["a"], modifiedMs: timeMs - 3, traceparent: traceOf(count) };
  };
  const runsOf = (count: number): LoopRun[] => [
    { name: "app", traceparent: traceOf(count), startMs: at(count).timeMs + 10 },
  ];
  for (let count = 0; count <= 24; count++) detector.judge(at(count), count > 0 ? runsOf(count - 1) : []);
  expect(detector.judge(at(25), runsOf(24))).toBe("hold");
  detector.acquit(at(26).timeMs);
  for (let count = 26; count < 60; count++) expect(detector.judge(at(count), runsOf(count - 1))).toBe("pass");
});

test("the proposed line names the file, or the directory that holds all of them", () => {
  expect(ignoreLineFor(["dist/a.js"])).toBe("/dist/a.js");
  expect(ignoreLineFor(["dist/a.js", "dist/sub/b.js"])).toBe("/dist/");
  expect(ignoreLineFor(["a.js", "b.js"])).toBe("/a.js, /b.js");
});

async function watchOf(client: Client) {
  const { items } = await client.list(FileWatch);
  return items[0]?.status;
}
const readyOf = async (client: Client) => findCondition((await watchOf(client))?.conditions, "Ready");

testWithServer(
  "a build that writes what triggers it is suspended, and goes on when its output is ignored",
  { timeout: 90_000 },
  async ({ client, root }) => {
    write(root, { "main.ts": "1" });
    const build = { argv: ["sh", "-c", "sleep 0.05; date +%N > generated.txt"] };
    await client.create(LocalResource, "app", { watch: { paths: ["."] }, buildTemplate: build });
    await expect.poll(async () => (await readyOf(client))?.reason, { timeout: 60_000 }).toBe("Suspended");
    expect((await readyOf(client))?.message).toMatch(
      /^app rewrote generated\.txt, which it watches \(\d+ in \d+ s\)\. Watch suspended\. Ignore \/generated\.txt\? Add it to spec\.watch\.ignores: tiltish edit lr app/,
    );
    await client.patch(LocalResource, "app", { spec: { watch: { ignores: ["/generated.txt"] } } });
    await expect.poll(async () => (await readyOf(client))?.reason).toBe("Watching");
    write(root, { "main.ts": "2" });
    await expect.poll(async () => (await watchOf(client))?.events?.at(-1)?.files).toEqual(["main.ts"]);
  },
);

testWithServer.for([0.02, 0.12, 0.4])(
  "20 saves during builds of %d s are no loop",
  { timeout: 90_000 },
  async (seconds, { client, root }) => {
    write(root, { "main.ts": "0" });
    const build = { argv: ["sleep", String(seconds)] };
    await client.create(LocalResource, "app", { watch: { paths: ["."] }, buildTemplate: build });
    await saves(client, root);
  },
);

testWithServer(
  "a server that writes what restarts it is suspended",
  { timeout: 90_000 },
  async ({ client }) => {
    const script = "sleep 0.03; date +%N > state.txt; sleep 100";
    await client.create(FileWatch, "src", { paths: ["."] });
    await client.create(LocalProcess, "web", {
      argv: ["sh", "-c", script],
      daemon: true,
      restartOn: { fileWatches: ["src"] },
    });
    await expect.poll(async () => (await readyOf(client))?.reason, { timeout: 60_000 }).toBe("Suspended");
    expect((await readyOf(client))?.message).toMatch(
      /^web rewrote state\.txt.* Ignore \/state\.txt\? Add it to spec\.ignores: tiltish edit fw src/,
    );
  },
);

testWithServer(
  "20 saves that each restart a server are no loop",
  { timeout: 90_000 },
  async ({ client, root }) => {
    write(root, { "main.ts": "0" });
    await client.create(FileWatch, "src", { paths: ["."] });
    const restartOn = { fileWatches: ["src"] };
    await client.create(LocalProcess, "web", { argv: ["sleep", "100"], daemon: true, restartOn });
    await saves(client, root);
  },
);

testWithServer(
  "20 saves that each wait for the server that the former one restarted are no loop",
  { timeout: 90_000 },
  async ({ client, root }) => {
    write(root, { "src/main.ts": "0" });
    const serve = { argv: ["sh", "-c", "cat src/main.ts >> served; echo >> served; exec sleep 100"] };
    const build = { argv: ["true"] };
    await client.create(LocalResource, "app", {
      watch: { paths: ["src"] },
      buildTemplate: build,
      serveTemplate: serve,
    });
    for (let count = 1; count <= 21; count++) {
      await expect.poll(() => servedIn(root), { interval: 2 }).toBe(count);
      write(root, { "src/main.ts": String(count) });
    }
    expect(await readyOf(client)).toMatchObject({ reason: "Watching" });
  },
);

const servedIn = (root: string): number =>
  existsSync(join(root, "served")) ? readFileSync(join(root, "served"), "utf8").trim().split("\n").length : 0;

async function saves(client: Client, root: string) {
  await expect.poll(async () => (await readyOf(client))?.reason).toBe("Watching");
  for (let count = 1; count <= 20; count++) {
    write(root, { "main.ts": String(count) });
    await delay(100);
  }
  // On a busy machine two saves may be seen at once; a watch that was suspended would not see the next one at all.
  write(root, { last: "1" });
  await expect.poll(async () => (await watchOf(client))?.events?.at(-1)?.files).toContain("last");
  expect(await readyOf(client)).toMatchObject({ reason: "Watching" });
}
