import { expect, test } from "vitest";
import { causeText } from "../../cmd/why/cause.ts";
import { sinceAsDuration, storyOf } from "../../cmd/why/story.ts";

const object = (kind: string, name: string, fields: { spec?: object; status?: object } = {}) => ({
  apiVersion: "tiltish.dev/v1alpha1",
  kind,
  metadata: { name, namespace: "default", uid: name },
  ...fields,
});
const time = "2026-01-01T00:00:00.000000Z";
const cause = { type: "FileChange", object: "FileWatch/src", files: ["a.ts", "b.ts"], fileCount: 30, time };
const server = object("LocalProcess", "api-serve", {
  status: { run: 4, pid: 12, startTime: time, ready: true },
});
const alone = { earlier: [], children: [], dependents: [] };

test("a cause is told in a few words", () => {
  expect(causeText({ type: "FileChange", files: ["a.ts"], fileCount: 1 })).toBe("a.ts saved");
  expect(causeText({ type: "FileChange", files: ["a.ts", "b.ts"], fileCount: 30 })).toBe(
    "a.ts and 29 more saved",
  );
  expect(causeText({ type: "Dependency", object: "LocalResource/db" })).toBe("LocalResource/db ran again");
  expect(causeText({ type: "Crash" })).toBe("it had exited");
  expect(causeText({ type: "Crash", message: "exited with code 1" })).toBe("it exited with code 1");
  const message = 'program "x" was not found (looked in /bin): install it';
  expect(causeText({ type: "Crash", message })).toBe('program "x" was not found');
});

test("a run is told from the save to the server that is ready", () => {
  const build = { startTime: time, finishTime: time, duration: "210ms", exitCode: 0 };
  const api = object("LocalResource", "api", { status: { state: "Serving", cause, build } });
  const story = storyOf(api, { ...alone, children: [server] });
  expect(story.chain.map(({ text }) => text)).toEqual([
    "a.ts and 29 more saved",
    "build succeeded in 210ms",
    "started as run 4, pid 12",
    "ready",
  ]);
  expect(story.chain[0]).toMatchObject({ object: "FileWatch/src", files: ["a.ts", "b.ts", "… and 28 more"] });
  expect(story.notDone).toEqual([]);
});

test("a failed build is told with its output, and that the old server goes on", () => {
  const build = {
    startTime: time,
    finishTime: time,
    duration: "1s",
    exitCode: 1,
    error: "exited\nsrc/a.ts:1",
  };
  const api = object("LocalResource", "api", { status: { state: "Failed", cause, build } });
  const story = storyOf(api, { ...alone, children: [server] });
  expect(story.chain.at(-1)).toMatchObject({
    text: "build failed with exit code 1 after 1s",
    files: ["src/a.ts:1"],
  });
  expect(story.notDone).toEqual([
    "the server was not replaced: the build failed, and run 4 (pid 12) goes on",
  ]);
});

test("what waits, what is off and what depends on it is told", () => {
  const spec = { triggerMode: "Manual" };
  const pending = { count: 2, files: ["a.ts", "b.ts"] };
  const api = object("LocalResource", "api", { spec, status: { state: "Pending", pending } });
  const web = object("LocalProcess", "web", {
    spec: { dependsOn: [{ kind: "LocalResource", name: "api", onChange: "Ignore" }] },
  });
  expect(storyOf(api, { ...alone, dependents: [web] }).notDone).toEqual([
    "2 changed files (a.ts, b.ts) wait: spec.triggerMode is Manual; tiltish trigger api",
    "LocalProcess/web did not run again with it: its dependsOn.onChange is Ignore",
  ]);
  const off = object("LocalProcess", "x", { spec: { disabled: true } });
  expect(storyOf(off, alone).notDone).toEqual(["it does not run: spec.disabled is true"]);
});

test("who asks now is told how long it has been so", () => {
  const now = new Date(2026, 0, 1, 12, 5, 11);
  const text = "waits for LocalProcess/db (not ready since 12:04:31: tcp 5432 refused)";
  expect(sinceAsDuration(text, now)).toBe("waits for LocalProcess/db (not ready for 40s: tcp 5432 refused)");
  expect(sinceAsDuration("since 23:59:59", new Date(2026, 0, 1, 0, 0, 9))).toBe("for 10s");
});

test("a watch that holds changes back is why nothing ran", () => {
  const condition = (status: string, reason: string, message: string) => ({
    conditions: [{ type: "Ready", status, reason, message }],
  });
  const held = object("FileWatch", "src", {
    status: condition("True", "HeldByGit", "git is in the middle of a rebase"),
  });
  const looping = object("FileWatch", "out", {
    status: condition("False", "Loop", "api rewrote dist/, which it watches"),
  });
  const fine = object("FileWatch", "ok", { status: condition("True", "Watching", "") });
  const api = object("LocalResource", "api");
  expect(storyOf(api, { ...alone, watches: [held, looping, fine] }).notDone).toEqual([
    "FileWatch/src: git is in the middle of a rebase",
    "FileWatch/out: api rewrote dist/, which it watches",
  ]);
});
