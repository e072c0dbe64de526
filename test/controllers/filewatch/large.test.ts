import { linkSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory, watched, write } from "./fixture.ts";

const DIRECTORIES = 1000;
const FILES_EACH = 100;

/** Hard links: what is watched is as large, and is made and removed in a moment. */
function plantLargeTree(root: string): void {
  for (let directory = 0; directory < DIRECTORIES; directory++) {
    const path = join(root, `d${directory % 10}`, `d${directory}`);
    const original = join(root, `original-${directory % 10}.ts`); // a file may have 65,000 names
    mkdirSync(path, { recursive: true });
    if (directory < 10) writeFileSync(original, "export {};\n");
    for (let file = 0; file < FILES_EACH; file++) linkSync(original, join(path, `f${file}.ts`));
  }
}

test("in a tree of 100,000 files a save is one event, and so is a directory that is new", async () => {
  const root = temporaryDirectory();
  plantLargeTree(root);
  const { monitor, batches } = await watched(root, { glob: "d*/**" });
  expect(monitor.fileCount).toBe(DIRECTORIES * FILES_EACH);
  write(root, { "d7/d777/main.ts": "1", "original.txt": "not watched" });
  await expect.poll(() => batches.map(({ files }) => files)).toEqual([["d7/d777/main.ts"]]);
  write(root, { "d7/d777/main.ts": "2" });
  await expect.poll(() => batches.length).toBe(2);
  write(root, { "d3/new/a.ts": "1", "d3/new/b.ts": "1" });
  await expect.poll(() => batches.at(-1)!.files).toEqual(["d3/new/a.ts", "d3/new/b.ts"]);
  expect(batches).toHaveLength(3);
}, 120_000);
