import {
  appendFileSync,
  chmodSync,
  closeSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { temporaryDirectory, watched, write } from "./fixture.ts";

/** How editors and tools save; each has to be one event. */
const savers: [string, (path: string, text: string) => Promise<void> | void][] = [
  ["writing in place", (path, text) => writeFileSync(path, text)],
  [
    "truncating, and writing a little later",
    async (path, text) => {
      const file = openSync(path, "r+");
      ftruncateSync(file);
      await delay(8);
      writeSync(file, text);
      closeSync(file);
    },
  ],
  [
    "writing beside it, chmod and rename, as atomic writers do",
    async (path, text) => {
      writeFileSync(`${path}.tmp-4711`, text);
      await delay(10); // the disk syncs
      chmodSync(`${path}.tmp-4711`, 0o644);
      renameSync(`${path}.tmp-4711`, path);
    },
  ],
  [
    "renaming the old file away, writing, chmod and unlink, as vim does",
    async (path, text) => {
      const [probe, backup] = [join(path, "../4913"), `${path}~`];
      writeFileSync(probe, "");
      rmSync(probe);
      renameSync(path, backup);
      await delay(3);
      writeFileSync(path, text);
      await delay(3);
      chmodSync(path, 0o644);
      rmSync(backup);
    },
  ],
  [
    "unlinking and writing anew",
    async (path, text) => {
      rmSync(path);
      await delay(5);
      writeFileSync(path, text);
    },
  ],
  [
    "writing in pieces",
    (path, text) => {
      writeFileSync(path, "");
      for (const letter of text) appendFileSync(path, letter);
    },
  ],
];

/** On a busy machine a save takes longer, and then looks like two with a pause between them. */
const PROMPT_MS = 20;

describe.each(savers)("a save by %s", (_name, save) => {
  test("is exactly one event, 5 times", { timeout: 90_000 }, async () => {
    const root = temporaryDirectory();
    const path = join(root, "main.ts");
    write(root, { "main.ts": "first" });
    const { batches } = await watched(root);
    for (let [count, prompt] = [1, 0]; prompt < 5; count++) {
      const [before, begin] = [batches.length, performance.now()];
      await save(path, `version ${count}, longer each time ${"x".repeat(count)}`);
      const tookMs = performance.now() - begin;
      await expect.poll(() => batches.length, { interval: 2 }).toBeGreaterThan(before);
      await delay(150); // a further event would come within this time
      if (tookMs > PROMPT_MS) continue;
      expect(batches.slice(before).map(({ files }) => files)).toEqual([["main.ts"]]);
      prompt++;
    }
  });
});

test("20 saves, 100 ms apart, are 20 events", async () => {
  const root = temporaryDirectory();
  write(root, { "main.ts": "0" });
  const { batches } = await watched(root);
  for (let count = 1; count <= 20; count++) {
    write(root, { "main.ts": String(count) });
    await delay(100);
    await expect.poll(() => batches).toHaveLength(count); // at once, unless the machine is busy
  }
});

test("a lone save waits for nothing, however long changes may be held back", async () => {
  const root = temporaryDirectory();
  write(root, { "main.ts": "0" });
  const { batches } = await watched(root, { maxMs: 3_600_000 });
  for (let count = 1; count <= 11; count++) {
    write(root, { "main.ts": String(count) });
    await expect.poll(() => batches, { interval: 2 }).toHaveLength(count);
  }
});

test("files that change one after the other are collected", async () => {
  const root = temporaryDirectory();
  const { batches, files } = await watched(root);
  for (let count = 0; count < 200; count++) {
    write(root, { [`out/file-${count}`]: "1" });
    if (count % 20 === 0) await delay(2);
  }
  // On a busy machine a file may be seen before it is filled, and a pause may look like the end.
  await expect.poll(() => new Set(files()).size).toBe(201);
  expect(batches.length).toBeLessThan(20);
});

test("with debounce.quiet the event comes after that time without a change", async () => {
  const root = temporaryDirectory();
  write(root, { a: "0" });
  const { batches } = await watched(root, { quietMs: 500 });
  for (let count = 1; count <= 5; count++) {
    write(root, { a: String(count) });
    await delay(20);
  }
  expect(batches).toHaveLength(0);
  const last = performance.now();
  await expect.poll(() => batches.length, { interval: 5 }).toBe(1);
  expect(performance.now() - last).toBeGreaterThan(400);
});

test("changes without end are reported after debounce.max at the latest", async () => {
  const root = temporaryDirectory();
  const { batches } = await watched(root, { quietMs: 200, maxMs: 300 });
  const started = performance.now();
  for (let count = 0; batches.length < 2; count++) {
    write(root, { a: String(count) });
    await delay(20);
  }
  expect(performance.now() - started).toBeLessThan(1500);
});
