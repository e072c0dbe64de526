import { describe, expect } from "vitest";
import { FILE_WATCH_TIMESTAMP_ANNOTATION } from "../../../apis/meta.ts";
import { type Cause, FileWatch, LocalProcess } from "../../../apis/v1alpha1/index.ts";
import { findCondition, nowMicro, triggerValueOf } from "../../../controllers/runtime/index.ts";
import { sh } from "./engine.ts";
import { test } from "./world.ts";

const SLEEP = ["sleep", "600"];

describe("a run is caused", () => {
  test("CMD-11 by a new value of the trigger annotation, once for each", async ({ world }) => {
    await world.create("web", { argv: SLEEP });
    await world.reaches("web", "Running");
    await world.trigger("web", "1");
    expect(await world.reaches("web", "Running", 2)).toMatchObject({
      observedTrigger: "1",
      cause: { type: "Trigger" },
    });
    await world.trigger("web", "1");
    await world.patch("web", { metadata: { labels: { a: "b" } } });
    await world.trigger("web", "2");
    await world.reaches("web", "Running", 3);
  });

  test("by the cause that the annotation carries", async ({ world }) => {
    await world.create("web", { argv: ["true"] });
    await world.reaches("web", "Succeeded");
    const cause: Cause = { type: "Build", object: "LocalResource/api", message: "built", time: nowMicro() };
    await world.trigger("web", triggerValueOf(cause));
    const status = await world.reaches("web", "Succeeded", 2);
    expect(status.cause).toEqual(cause);
    expect(status.observedTrigger).toBe(triggerValueOf(cause));
  });

  test("by hand, if the annotation carries what only looks like a cause", async ({ world }) => {
    await world.create("web", { argv: ["true"] });
    await world.reaches("web", "Succeeded");
    await world.trigger("web", '{"type":"Whim","time":"now"}');
    expect((await world.reaches("web", "Succeeded", 2)).cause).toMatchObject({ type: "Trigger" });
  });

  test("CMD-9 by an event of a FileWatch that restartOn names or selects", async ({ world, client }) => {
    await client.create(FileWatch, "src", { glob: "**" });
    await client.create(FileWatch, { name: "lib", labels: { for: "web" } }, { glob: "**" });
    const restartOn = { fileWatches: ["src", "missing"], selector: { for: "web" } };
    await world.create("web", { argv: sh("echo $TRACEPARENT; exec sleep 600"), restartOn });
    await world.reaches("web", "Running");
    const time = await world.change("src", ["a.ts", "b.ts"]);
    const status = await world.reaches("web", "Running", 2);
    expect(status.cause).toMatchObject({
      type: "FileChange",
      object: "FileWatch/src",
      files: ["a.ts", "b.ts"],
      fileCount: 2,
      time,
    });
    await expect.poll(() => world.log()).toBe(`${status.cause!.traceparent}\n`);
    await world.change("lib", ["c.ts"]);
    await world.reaches("web", "Running", 3);
    await world.patch("web", { metadata: { labels: { touched: "yes" } } });
    await world.trigger("web", "1");
    await world.reaches("web", "Running", 4);
  });

  test("by a stamp of a FileWatch whose selector matches", async ({ world }) => {
    await world.create("web", { argv: SLEEP });
    await world.reaches("web", "Running");
    const annotations = { [FILE_WATCH_TIMESTAMP_ANNOTATION]: nowMicro() };
    await world.patch("web", { metadata: { annotations } });
    expect((await world.reaches("web", "Running", 2)).cause).toMatchObject({ type: "FileChange" });
  });

  test("not by events from before it started", async ({ world, client }) => {
    await client.create(FileWatch, "src", { glob: "**" });
    await world.change("src", ["a.ts"]);
    await world.create("web", { argv: SLEEP, restartOn: { fileWatches: ["src"] } });
    await world.reaches("web", "Running");
    await world.trigger("web", "1");
    expect((await world.reaches("web", "Running", 2)).cause).toMatchObject({ type: "Trigger" });
  });
});

describe("a process that depends on others", () => {
  test("goes on with what it runs while a new run that is due waits for them", async ({ world }) => {
    await world.create("db", { argv: SLEEP });
    await world.create("web", { argv: SLEEP, dependsOn: [{ kind: "LocalProcess", name: "db" }] });
    const { pid } = await world.reaches("web", "Running");
    await world.client.delete(LocalProcess, "db");
    await world.client.waitFor(LocalProcess, "db", (object) => !object, { timeoutMs: 5_000 });
    await world.trigger("web", "now");
    await expect.poll(() => world.reasons("web")).toContain("Waiting");
    expect(await world.status("web")).toMatchObject({ state: "Running", pid });
    await world.create("db", { argv: SLEEP });
    expect((await world.reaches("web", "Running", 2)).pid).not.toBe(pid);
  });

  test("waits for them, says for whom and why, and then runs", async ({ world }) => {
    const dependsOn = [{ kind: "LocalProcess", name: "db" }];
    await world.create("web", { argv: SLEEP, dependsOn });
    const waiting = await world.reaches("web", "Waiting");
    expect(waiting.message).toBe("waits for LocalProcess/db (it does not exist)");
    expect(findCondition(waiting.conditions, "Ready")).toMatchObject({
      status: "False",
      message: waiting.message,
    });
    const readinessProbe = { exec: { command: sh("test -e up || { echo no socket; exit 1; }") } };
    await world.create("db", { argv: SLEEP, readinessProbe });
    await expect
      .poll(async () => (await world.status())?.message)
      .toMatch(
        /^waits for LocalProcess\/db \(not ready since \d\d:\d\d:\d\d: exec sh exited with 1: no socket\)$/,
      );
    await world.create("up", { argv: ["touch", "up"] });
    await world.reaches("web", "Running", 1);
    expect(await world.reasons()).toContain("Waiting");
  });

  test("may wait for one to complete", async ({ world }) => {
    const dependsOn = [{ kind: "LocalProcess", name: "migrate", condition: "Completed" }];
    await world.create("migrate", { argv: sh("while [ ! -e go ]; do sleep 0.02; done; touch done") });
    await world.create("web", { argv: sh("test -e done"), dependsOn });
    await expect.poll(async () => (await world.status())?.message).toMatch(/not Completed since/);
    await world.create("go", { argv: ["touch", "go"] });
    await world.reaches("web", "Succeeded");
  });

  test("runs again with them if it wants to, and not otherwise", async ({ world }) => {
    await world.create("db", { argv: SLEEP });
    const on = (onChange: "Restart" | "Ignore") => [{ kind: "LocalProcess", name: "db", onChange }];
    await world.create("web", { argv: SLEEP, dependsOn: on("Restart") });
    await world.create("other", { argv: SLEEP, dependsOn: on("Ignore") });
    await world.reaches("web", "Running");
    await world.reaches("other", "Running");
    await world.trigger("db", "1");
    const status = await world.reaches("web", "Running", 2);
    expect(status.cause).toMatchObject({ type: "Dependency", object: "LocalProcess/db" });
    expect(await world.status("other")).toMatchObject({ run: 1 });
  });

  test("in a circle says so on every member, and runs once the circle is broken", async ({ world }) => {
    const on = (name: string) => [{ kind: "LocalProcess", name }];
    await world.create("a", { argv: SLEEP, dependsOn: on("b") });
    await world.create("b", { argv: SLEEP, dependsOn: on("c") });
    await world.create("c", { argv: SLEEP, dependsOn: on("a") });
    const cycle = async (name: string) =>
      findCondition((await world.status(name))?.conditions, "DependencyCycle");
    await expect
      .poll(() => cycle("a"))
      .toMatchObject({
        status: "True",
        message: "LocalProcess/a → LocalProcess/b → LocalProcess/c → LocalProcess/a",
      });
    await expect.poll(() => cycle("b")).toMatchObject({ status: "True" });
    await expect.poll(() => cycle("c")).toMatchObject({ status: "True" });
    await world.patch("c", { spec: { dependsOn: null } });
    for (const name of ["a", "b", "c"]) await world.reaches(name, "Running");
    expect(await cycle("a")).toBeUndefined();
  });
});
