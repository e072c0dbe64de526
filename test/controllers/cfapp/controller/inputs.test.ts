import { expect, test } from "vitest";
import type { FileWatch } from "../../../../apis/v1alpha1/index.ts";
import { SeenEvents } from "../../../../controllers/cfapp/inputs/files.ts";

const time = "2026-01-01T00:00:01.000000Z";

const watchOf = (...files: string[]): FileWatch =>
  ({
    metadata: { name: "web", namespace: "default" },
    spec: { paths: ["."] },
    status: { lastEventTime: time, events: [{ time, files, count: files.length }] },
  }) as unknown as FileWatch;

test("what has changed beside the directory is no news of it; a name may begin with two dots", () => {
  const seen = new SeenEvents("2026-01-01T00:00:00.000000Z");
  const watch = watchOf("out/..dots", "out/..dir/a", "other", "out/a", "outer/b");
  const { change } = seen.take([watch], { home: "/home", root: "/home/out" })!;
  expect(change.paths).toEqual(["..dots", "..dir/a", "a"]);
});
