import { mkdirSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect } from "vitest";
import { Event } from "../../../apis/core/index.ts";
import type { InputOf, ObjectOf, SpecOf, StatusOf } from "../../../apis/kind.ts";
import { FILE_WATCH_TIMESTAMP_ANNOTATION, TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import { DockerImage, FileWatch, LocalProcess, LocalResource } from "../../../apis/v1alpha1/index.ts";
import { StatusError } from "../../../apis/errors.ts";
import { Client } from "../../../client/index.ts";
import type { ChooseWatcher } from "../../../controllers/filewatch/engine/monitor.ts";
import { chooseWatcher } from "../../../controllers/filewatch/engine/open-watcher.ts";
import type { WatcherEvents } from "../../../controllers/filewatch/engine/watcher.ts";
import { fileWatchController } from "../../../controllers/filewatch/index.ts";
import {
  EventRecorder,
  findCondition,
  Manager,
  type Controller,
} from "../../../controllers/runtime/index.ts";
import { test } from "../runtime/fixture.ts";
import { temporaryDirectory, write } from "./fixture.ts";

let root: string;
beforeEach(() => {
  root = temporaryDirectory();
});

type Watch = ObjectOf<typeof FileWatch>;

const controllerOf = (client: Client, chooseWatcher?: ChooseWatcher): Controller =>
  fileWatchController({
    client,
    recorder: new EventRecorder({ client, component: "filewatch-controller" }),
    rootOf: () => root,
    chooseWatcher,
  });

const read = async (client: Client): Promise<StatusOf<typeof FileWatch>> =>
  (await client.get(FileWatch, "src"))?.status ?? {};

const filesOf = async (client: Client): Promise<string[]> =>
  ((await read(client)).events ?? []).flatMap(({ files }) => files);

const readyOf = async (client: Client) => findCondition((await read(client)).conditions, "Ready");

/** Creates the FileWatch `src`, and answers when it watches. */
async function watching(
  client: Client,
  spec: InputOf<SpecOf<typeof FileWatch>> = { paths: ["."] },
): Promise<Watch> {
  await client.create(FileWatch, { name: "src", labels: { team: "a" } }, spec);
  await expect.poll(async () => (await readyOf(client))?.status).toBe("True");
  return (await client.get(FileWatch, "src"))!;
}

const update = async (client: Client, mutate: (draft: Watch) => void): Promise<Watch> => {
  const read = (await client.get(FileWatch, "src"))!;
  return client.update(FileWatch, read, mutate);
};

test("FW-1: a new watch says since when it watches, and how many files", async ({ client, manager }) => {
  write(root, { "src/a": "1", "src/b": "1" });
  await manager.add(controllerOf(client)).start();
  const { status, metadata } = await watching(client);
  expect(status).toMatchObject({ watchedPaths: 2, observedGeneration: metadata.generation });
  expect(status?.monitorStartTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  expect(await readyOf(client)).toMatchObject({ reason: "Watching", status: "True" });
});

test("a change is an event with its files, its time and a trace of its own", async ({ client, manager }) => {
  write(root, { "src/a.ts": "1" });
  await manager.add(controllerOf(client)).start();
  await watching(client, { glob: "src/**/*.ts" });
  write(root, { "src/a.ts": "2", "src/a.js": "1" });
  await expect.poll(() => filesOf(client)).toEqual(["src/a.ts"]);
  const { events, lastEventTimestamp } = await read(client);
  expect(events).toMatchObject([{ count: 1, time: lastEventTimestamp }]);
  expect(events![0]!.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
});

test("FW-2: of 25 events the newest 20 are kept, in order", async ({ client, manager }) => {
  await manager.add(controllerOf(client)).start();
  await watching(client, { paths: ["."], debounce: { quiet: "1ms" } });
  for (let count = 1; count <= 25; count++) {
    write(root, { [`file-${count}`]: "1" });
    await expect.poll(() => filesOf(client), { interval: 5 }).toContain(`file-${count}`);
  }
  const { events } = await read(client);
  expect(events!.map(({ files }) => files[0])).toEqual(
    Array.from({ length: 20 }, (_, at) => `file-${at + 6}`),
  );
  expect(events!.map(({ time }) => time)).toEqual(events!.map(({ time }) => time).toSorted());
});

test("of many files the first 20 are named, and all are counted", async ({ client, manager }) => {
  await manager.add(controllerOf(client)).start();
  await watching(client, { glob: "**/*.ts", debounce: { quiet: "100ms" } });
  for (let count = 0; count < 30; count++) write(root, { [`${count}.ts`]: "1" });
  await expect.poll(async () => (await read(client)).events?.[0]?.count).toBe(30);
  expect((await read(client)).events![0]!.files).toHaveLength(20);
});

test("FW-4: a change of the spec moves monitorStartTime forward and keeps the earlier events", async ({
  client,
  manager,
}) => {
  write(root, { "old/a": "1", "new/a": "1" });
  await manager.add(controllerOf(client)).start();
  const { status } = await watching(client, { paths: ["old"] });
  write(root, { "old/a": "2" });
  await expect.poll(() => filesOf(client)).toEqual(["old/a"]);
  const { metadata } = await update(client, ({ spec }) => {
    Object.assign(spec, { paths: ["new"], ignores: ["*.log"] });
  });
  await expect.poll(async () => (await read(client)).observedGeneration).toBe(metadata.generation);
  expect((await read(client)).monitorStartTime! > status!.monitorStartTime!).toBe(true);
  write(root, { "old/a": "3", "new/x.log": "1", "new/a": "2" });
  await expect.poll(() => filesOf(client)).toEqual(["old/a", "new/a"]);
  const { events, lastEventTimestamp } = await read(client);
  expect(lastEventTimestamp).toBe(events!.at(-1)!.time);
});

test("FW-7: an error of the system's watching is shown until everything has been looked at", async ({
  client,
  manager,
}) => {
  write(root, { a: "1" });
  let system: WatcherEvents | undefined;
  const failing: ChooseWatcher = (spec, limited) => {
    const { open } = chooseWatcher([spec.root], undefined, limited);
    return { open: (events) => open((system = events)) };
  };
  await manager.add(controllerOf(client, failing)).start();
  await watching(client);
  system!.lost(new Error("short read"));
  await expect
    .poll(() => readyOf(client))
    .toMatchObject({ reason: "Failed", status: "False", message: /short read/ });
  await expect
    .poll(async () => (await client.list(Event)).items.map(({ reason }) => reason))
    .toContain("WatchError");
  await expect.poll(() => readyOf(client), { timeout: 5000 }).toMatchObject({ reason: "Watching" });
});

test("FW-8: a watch that cannot start says why, and starts once it can", async ({ client, manager }) => {
  let broken = true;
  const choose: ChooseWatcher = (spec, limited) => {
    if (broken) throw new Error("no watcher today");
    return chooseWatcher([spec.root], undefined, limited);
  };
  await manager.add(controllerOf(client, choose)).start();
  await client.create(FileWatch, "src", { paths: ["."] });
  await expect.poll(() => readyOf(client)).toMatchObject({ reason: "Failed", message: /no watcher today/ });
  broken = false;
  await update(client, ({ spec }) => void (spec.paths = ["./"]));
  await expect.poll(() => readyOf(client)).toMatchObject({ reason: "Watching" });
});

test("FW-9: while disabled there are no events, and the earlier status stays", async ({
  client,
  manager,
}) => {
  await manager.add(controllerOf(client)).start();
  await watching(client);
  write(root, { before: "1" });
  await expect.poll(() => filesOf(client)).toEqual(["before"]);
  await update(client, ({ spec }) => void (spec.disabled = true));
  await expect.poll(() => readyOf(client)).toMatchObject({ reason: "Disabled", status: "False" });
  write(root, { unseen: "1" });
  await update(client, ({ spec }) => void (spec.disabled = false));
  await expect.poll(() => readyOf(client)).toMatchObject({ reason: "Watching", status: "True" });
  write(root, { after: "1" });
  await expect.poll(() => filesOf(client)).toEqual(["before", "after"]);
});

test("FW-11: a missing path is named, and seen when it comes", async ({ client, manager }) => {
  await manager.add(controllerOf(client)).start();
  await watching(client, { paths: ["later/file"] });
  expect(await readyOf(client)).toMatchObject({ reason: "PathMissing", message: /later\/file/ });
  write(root, { "later/file": "1" });
  await expect.poll(() => filesOf(client)).toEqual(["later/file"]);
  expect(await readyOf(client)).toMatchObject({ reason: "Watching" });
});

test("directories beyond the limit of the system are polled, and the condition says so", async ({
  client,
  manager,
}) => {
  write(root, { "sub/a": "1" });
  const stingy: ChooseWatcher = (spec, limited) => {
    const { open } = chooseWatcher([spec.root], 20, limited);
    limited(Object.assign(new Error("no more"), { code: "ENOSPC" }));
    return { open };
  };
  await manager.add(controllerOf(client, stingy)).start();
  await watching(client);
  const told = { reason: "WatchLimited", message: /ENOSPC; [\d,]+ of [\d,]+ inotify watches.*sudo sysctl/ };
  expect(await readyOf(client)).toMatchObject({ ...told, status: "True" });
  expect(findCondition((await read(client)).conditions, "Warning")).toMatchObject(told);
});

test("what lies on a file system without events is looked at every second, and a warning says so", async ({
  client,
  manager,
}) => {
  await manager.add(controllerOf(client)).start();
  await watching(client, { paths: ["/proc/version", "a"] });
  const { conditions } = await read(client);
  const told = { reason: "NoFileEvents", message: /\/proc\/version is on procfs.*as with poll: 1s/ };
  expect(findCondition(conditions, "Warning")).toMatchObject(told);
  write(root, { a: "1" });
  await expect.poll(() => filesOf(client)).toEqual(["a"]);
  await update(client, ({ spec }) => void (spec.paths = ["a"]));
  await expect
    .poll(async () => (await read(client)).conditions)
    .toMatchObject([{ type: "Ready", reason: "Watching" }]);
});

test("while git rewrites files this is told, and so is a lock that a dead git has left", async ({
  client,
  manager,
}) => {
  write(root, { ".git/HEAD": "x" });
  await manager.add(controllerOf(client)).start();
  await watching(client);
  mkdirSync(join(root, ".git/rebase-merge"));
  write(root, { a: "1" });
  await expect
    .poll(() => readyOf(client))
    .toMatchObject({ status: "True", reason: "HeldByGit", message: /\.git\/rebase-merge/ });
  expect(await filesOf(client)).toEqual([]);
  utimesSync(join(root, ".git/rebase-merge"), 1, 1);
  await expect.poll(() => filesOf(client)).toEqual(["a"]);
  const left = { reason: "GitLockLeft", message: /rebase-merge has been there.*git rebase --continue/ };
  await expect
    .poll(async () => findCondition((await read(client)).conditions, "Warning"))
    .toMatchObject(left);
  rmSync(join(root, ".git/rebase-merge"), { recursive: true });
  write(root, { b: "1" });
  await expect.poll(() => filesOf(client)).toEqual(["a", "b"]);
  await expect.poll(() => readyOf(client)).toMatchObject({ reason: "Watching" });
});

test("each change stamps its time onto what the selector matches, and onto nothing else", async ({
  client,
  manager,
}) => {
  const labels = { app: "web" };
  await client.create(LocalProcess, { name: "one", labels }, { argv: ["true"] });
  await client.create(LocalResource, { name: "two", labels }, { buildTemplate: { argv: ["true"] } });
  await client.create(
    DockerImage,
    { name: "three", labels },
    {
      context: ".",
      refs: { config: "web" },
    },
  );
  await client.create(LocalProcess, { name: "other", labels: { app: "db" } }, { argv: ["true"] });
  await manager.add(controllerOf(client)).start();
  await watching(client, { paths: ["."], selector: { matchLabels: labels } });
  write(root, { a: "1" });
  await expect.poll(async () => (await read(client)).stampedObjects).toBe(3);
  const stamp = async (kind: typeof LocalProcess | typeof LocalResource, name: string) =>
    (await client.get(kind as typeof LocalProcess, name))?.metadata.annotations?.[
      FILE_WATCH_TIMESTAMP_ANNOTATION
    ];
  const { lastEventTimestamp } = await read(client);
  expect(await stamp(LocalProcess, "one")).toBe(lastEventTimestamp);
  expect(await stamp(LocalResource, "two")).toBe(lastEventTimestamp);
  expect(await stamp(LocalProcess, "other")).toBeUndefined();
});

test("what changed while no server ran is reported by the next one, once", async ({ client }) => {
  write(root, { a: "1", b: "1" });
  const first = new Manager({ client });
  await first.add(controllerOf(client)).start();
  await watching(client);
  write(root, { a: "2" });
  await expect.poll(() => filesOf(client)).toEqual(["a"]);
  await first.stop();
  write(root, { b: "2" });
  for (const files of [
    ["a", "b"],
    ["a", "b", "c"],
  ]) {
    const next = new Manager({ client });
    await next.add(controllerOf(client)).start();
    if (files.includes("c")) {
      const { monitorStartTime } = await read(client);
      await expect.poll(async () => (await read(client)).monitorStartTime).not.toBe(monitorStartTime);
      write(root, { c: "1" });
    }
    await expect.poll(() => filesOf(client)).toEqual(files);
    await next.stop();
  }
});

test("no event is lost when the status cannot be written for a while", async ({ client, manager }) => {
  let refusals = 0;
  const { transport } = client;
  const update: typeof transport.update = async (ref, ...rest) => {
    if (ref.subresource !== "status" || refusals === 0) return transport.update(ref, ...rest);
    refusals--;
    throw new StatusError(409, "Conflict", "somebody else was first");
  };
  const busy = new Client({ ...transport, update });
  await manager.add(controllerOf(busy)).start();
  await watching(client);
  refusals = 12;
  write(root, { a: "1" });
  await expect.poll(() => refusals).toBeLessThan(12);
  write(root, { b: "1" });
  await expect.poll(() => filesOf(client), { timeout: 5000 }).toEqual(["a", "b"]);
  expect(refusals).toBe(0);
});

test("FW-6: a deleted watch sees nothing any more", async ({ client, manager }) => {
  await manager.add(controllerOf(client)).start();
  await watching(client);
  await client.delete(FileWatch, "src");
  await client.create(FileWatch, "second", { paths: ["."] });
  const second = async () => (await client.get(FileWatch, "second"))?.status;
  await expect.poll(async () => (await second())?.monitorStartTime).toBeDefined();
  write(root, { a: "1" });
  await expect.poll(async () => (await second())?.events?.length).toBe(1);
  expect(await client.get(FileWatch, "src")).toBeUndefined();
});

test("a root that is removed and made again is watched again", async ({ client, manager }) => {
  write(root, { "src/a": "1" });
  await manager.add(controllerOf(client)).start();
  await watching(client, { paths: ["."], root: "src" });
  rmSync(`${root}/src`, { recursive: true });
  await expect.poll(() => filesOf(client)).toEqual(["a"]);
  write(root, { "src/b": "1" });
  await expect.poll(() => filesOf(client)).toEqual(["a", "b"]);
});

test("a watch that is suspended goes on when it is triggered", async ({ client, manager }) => {
  await manager.add(controllerOf(client)).start();
  await watching(client);
  await update(client, ({ metadata }) => void (metadata.annotations = { [TRIGGER_ANNOTATION]: "1" }));
  write(root, { a: "1" });
  await expect.poll(() => filesOf(client)).toEqual(["a"]);
});
