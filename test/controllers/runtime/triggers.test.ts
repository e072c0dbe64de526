import { describe, expect, test } from "vitest";
import type { FileWatch } from "../../../apis/v1alpha1/index.ts";
import { fileChangeSince, isLater, isRestartedBy, microsOf } from "../../../controllers/runtime/triggers.ts";

const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, "0")}.000000Z`;

function watchOf(name: string, events: [second: number, ...files: string[]][]): FileWatch {
  const status = {
    lastEventTimestamp: at(events.at(-1)?.[0] ?? 0),
    events: events.map(([second, ...files]) => ({ time: at(second), count: files.length, files })),
  };
  return { apiVersion: "", kind: "FileWatch", metadata: { name }, status } as unknown as FileWatch;
}

describe("a file change", () => {
  test("is everything that any of the watches has seen since, under the name of the newest", () => {
    const watches = [
      watchOf("a", [
        [1, "old"],
        [5, "x", "y"],
      ]),
      watchOf("b", [[7, "z", "x"]]),
      watchOf("c", []),
    ];
    expect(fileChangeSince(watches, at(3))).toMatchObject({
      type: "FileChange",
      object: "FileWatch/b",
      files: ["x", "y", "z"],
      fileCount: 4,
      message: "x and 3 more changed",
      time: at(7),
      traceparent: expect.stringMatching(/^00-/),
    });
  });

  test("is none if nothing is newer than what was acted on", () => {
    expect(fileChangeSince([watchOf("a", [[1, "x"]])], at(1))).toBeUndefined();
    expect(fileChangeSince([], at(1))).toBeUndefined();
  });

  test("names no more than 20 files, and counts all", () => {
    const files = Array.from({ length: 50 }, (_, i) => `f${i}`);
    const cause = fileChangeSince([watchOf("a", [[2, ...files]])], at(1));
    expect(cause).toMatchObject({ fileCount: 50, files: files.slice(0, 20) });
  });

  test("is believed of a watch that says when and no more", () => {
    const { events: _, ...status } = watchOf("a", [[2, "x"]]).status!;
    const watch = { ...watchOf("a", []), status } as FileWatch;
    expect(fileChangeSince([watch], at(1))).toMatchObject({ time: at(2), message: "files changed" });
  });
});

describe("restartOn", () => {
  const watch = { metadata: { name: "src", labels: { app: "web", tier: "front" } } };

  test("means the watches that it names, and those that carry all of its labels", () => {
    expect(isRestartedBy({ fileWatches: ["src"] }, watch)).toBe(true);
    expect(isRestartedBy({ selector: { app: "web" } }, watch)).toBe(true);
    expect(isRestartedBy({ selector: { app: "web", tier: "back" } }, watch)).toBe(false);
    expect(isRestartedBy({ selector: {} }, watch)).toBe(false);
    expect(isRestartedBy(undefined, watch)).toBe(false);
  });
});

describe("times", () => {
  test("are compared whatever their precision", () => {
    expect(isLater("2026-01-01T00:00:00.000001Z", "2026-01-01T00:00:00Z")).toBe(true);
    expect(isLater("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z")).toBe(false);
    expect(isLater("2026-01-01T02:00:00+02:00", "2026-01-01T00:00:00Z")).toBe(false);
    expect(isLater("nonsense", undefined)).toBe(false);
    expect(microsOf("2026-01-01T00:00:00.123456789Z") % 1_000_000).toBe(123_456);
  });
});
