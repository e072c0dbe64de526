import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { ChooseWatcher } from "../../../controllers/filewatch/engine/monitor.ts";
import { temporaryDirectory, watched, type Watched } from "./fixture.ts";

const paths = ["a", "b", "x/a", "x/b", "x/y/a", "x/y/z/a", "w/a", "w/v/b"];
const directories = ["x", "x/y", "w", "w/v", "u"];
const path = fc.constantFrom(...paths);
const directory = fc.constantFrom(...directories);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constant("write" as const), path, fc.string({ maxLength: 8 })) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constant("remove" as const), fc.oneof(path, directory), fc.constant("")),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constant("move" as const), path, path) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("move" as const), directory, directory) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("pause" as const), path, fc.constant("")) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(root: string, [action, first, second]: Step): Promise<void> {
  const [from, to] = [join(root, first), join(root, second)];
  if (action === "pause") return delay(first.length * 4);
  try {
    if (action === "remove") rmSync(from, { recursive: true, force: true });
    if (action === "write") {
      mkdirSync(dirname(from), { recursive: true });
      writeFileSync(from, second);
    }
    if (action === "move" && existsSync(from)) {
      mkdirSync(dirname(to), { recursive: true });
      renameSync(from, to);
    }
  } catch {
    // a directory where a file should be, or not empty: then nothing happens
  }
}

function filesBelow(root: string, directory = ""): Map<string, string> {
  const files = new Map<string, string>();
  for (const name of readdirSync(join(root, directory))) {
    const path = directory ? `${directory}/${name}` : name;
    if (!lstatSync(join(root, path)).isDirectory()) files.set(path, readFileSync(join(root, path), "utf8"));
    else for (const [inner, text] of filesBelow(root, path)) files.set(inner, text);
  }
  return files;
}

const sorted = (files: Map<string, string>): string[] =>
  [...files].map(([path, text]) => `${path}: ${text}`).toSorted();

/** Brings a copy up to date from reports alone: what is named is read again. */
function keepCopy(root: string, watch: Watched, copy: Map<string, string>): void {
  for (const file of watch.batches.splice(0).flatMap(({ files }) => files)) {
    copy.delete(file);
    const stats = lstatSync(join(root, file), { throwIfNoEntry: false });
    if (stats?.isFile()) copy.set(file, readFileSync(join(root, file), "utf8"));
  }
}

test("a copy that is only told of the reported files is equal in the end", { timeout: 60_000 }, async () => {
  const steps = fc.array(step, { minLength: 5, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(steps, steps, async (before, after) => {
      const root = temporaryDirectory();
      for (const one of before) if (one[0] !== "pause") await take(root, one);
      const copy = filesBelow(root);
      const watch = await watched(root);
      for (const one of after) await take(root, one);
      await expect
        .poll(() => (keepCopy(root, watch, copy), sorted(copy)), { timeout: 3000, interval: 10 })
        .toEqual(sorted(filesBelow(root)));
      watch.monitor.close();
      rmSync(root, { recursive: true });
    }),
    { numRuns: 40, endOnFailure: true },
  );
});

test("the same without any events, by looking at everything", { timeout: 60_000 }, async () => {
  const deaf: ChooseWatcher = () => ({
    open: () => ({ add: () => undefined, remove: () => undefined, close: () => undefined }),
  });
  const steps = fc.array(step, { minLength: 5, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(steps, steps, async (before, after) => {
      const root = temporaryDirectory();
      for (const one of before) if (one[0] !== "pause") await take(root, one);
      const copy = filesBelow(root);
      const watch = await watched(root, {}, deaf);
      await delay(25); // the clock of the file system has to move on for a change to show
      for (const one of after) await take(root, one);
      await watch.monitor.rescan();
      keepCopy(root, watch, copy);
      expect(sorted(copy)).toEqual(sorted(filesBelow(root)));
      watch.monitor.close();
      rmSync(root, { recursive: true });
    }),
    { numRuns: 40, endOnFailure: true },
  );
});
