import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";
import { expect } from "vitest";
import { CFAppSync } from "../../../../apis/v1alpha1/index.ts";
import { test, WAIT } from "./fixture.ts";

test("CF-2: an app that runs is not pushed: what differs is sent within seconds", async ({ loop }) => {
  await loop.pushed({ "app.txt": "one", "vendor/lib.txt": "of the buildpack" });
  await loop.write({ "app.txt": "two" });
  await loop.create();
  await loop.synced();
  const { revision, lastDeploy } = await loop.status();
  expect(lastDeploy).toBeUndefined();
  expect(revision?.remote).toEqual(revision?.local);
  expect(await loop.remoteFiles()).toEqual(["app.txt", "vendor/lib.txt"]);
  expect(await loop.condition("Ready")).toBe("True Synced");
  expect(await loop.condition("Running")).toBe("True Ready");
});

test("CF-4: one file saved is one sync of one file and one restart", async ({ loop }) => {
  const many = Object.fromEntries(
    Array.from({ length: 1000 }, (_, at) => [`lib/${at % 10}/${at}.txt`, `${at}`]),
  );
  await loop.inStep({ "app.txt": "one", ...many });
  const before = { counters: loop.cf.counters.ssh, status: await loop.status() };
  await loop.write({ "app.txt": "a".repeat(5000) });
  await expect.poll(async () => (await loop.status()).lastSync?.files, WAIT).toBe(1);
  await loop.synced((before.status.revision?.remote?.number ?? 0) + 1);
  const { lastSync, instances, cause } = await loop.status();
  expect(lastSync).toMatchObject({ trigger: "FileChange", deletes: 0, bytesSource: 5000 });
  expect(lastSync!.bytesSent!).toBeLessThan(6000);
  expect(Object.keys(lastSync!.durations!)).toEqual(
    expect.arrayContaining(["scan", "send", "apply", "ready"]),
  );
  expect(cause).toMatchObject({ type: "FileChange", files: ["app.txt"] });
  expect(instances?.[0]?.pid).not.toBe(before.status.instances?.[0]?.pid);
  expect(loop.starts()).toHaveLength(2);
  expect({ ...loop.cf.counters.ssh, bytesUp: 0, bytesDown: 0 }).toEqual({
    ...before.counters,
    bytesUp: 0,
    bytesDown: 0,
  });
});

test("CF-5: 300 files that a build writes at once are one set and one restart", async ({ loop }) => {
  await loop.inStep({ "app.txt": "one" }, { trigger: { debounce: "1s", maxWait: "20s" } });
  const starts = loop.starts().length;
  await loop.write(
    Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`out/${at}.js`, `export const a = ${at};\n`])),
  );
  await expect.poll(async () => (await loop.status()).lastSync?.files, WAIT).toBe(300);
  await loop.synced();
  expect(await loop.remoteFiles()).toHaveLength(301);
  expect(loop.starts()).toHaveLength(starts + 1);
});

test("CF-6: what a long build writes is cut at maxWait, and every set is committed before the next restart", async ({
  loop,
}) => {
  await loop.inStep({ "app.txt": "one" }, { trigger: { debounce: "300ms", maxWait: "600ms" } });
  const first = (await loop.status()).revision!.remote!.number!;
  for (let at = 0; at < 30; at++) {
    await loop.write({ [`out/${at}.js`]: `${at}` });
    await later(70);
  }
  await expect.poll(async () => (await loop.remoteFiles()).length, WAIT).toBe(31);
  const sets = async () => (await loop.status()).revision!.remote!.number! - first;
  // Each start has seen a whole set, and there is no other one.
  await expect.poll(async () => loop.starts().length - (await sets()), WAIT).toBe(1);
  await loop.synced();
  expect(await sets()).toBeGreaterThan(1);
});

test("CF-7: of a file that is deleted and one that is renamed neither old name is left, and what the buildpack made stays", async ({
  loop,
}) => {
  const files = { "app.txt": "one", "gone.txt": "gone", "old/name.txt": "a name\n".repeat(50) };
  await loop.pushed({ ...files, "vendor/lib.txt": "of the buildpack" });
  await loop.write(files);
  await loop.create({ trigger: { debounce: "300ms" } });
  await loop.synced();
  await rm(join(loop.local, "gone.txt"));
  await mkdir(join(loop.local, "new"));
  await rename(join(loop.local, "old/name.txt"), join(loop.local, "new/name.txt"));
  await rm(join(loop.local, "old"), { recursive: true });
  await expect.poll(() => loop.remoteFiles(), WAIT).toEqual(["app.txt", "new/name.txt", "vendor/lib.txt"]);
  await expect.poll(async () => (await loop.status()).lastSync?.deletes, WAIT).toBeGreaterThan(0);
  expect((await loop.remote()).has("old")).toBe(false);
});

test("CF-8: a folder that is wiped deletes nothing, and all goes on once there are files again", async ({
  loop,
}) => {
  await loop.inStep({ "app.txt": "one", "lib.txt": "lib" });
  await rm(loop.local, { recursive: true });
  await mkdir(loop.local);
  await expect.poll(() => loop.condition("Synced"), WAIT).toBe("False RootEmptied");
  expect(await loop.messageOf("Synced")).toContain("nothing is deleted");
  expect(await loop.remoteFiles()).toEqual(["app.txt", "lib.txt"]);
  await loop.write({ "app.txt": "two", "lib.txt": "lib" });
  await expect.poll(() => loop.remoteText("app.txt"), WAIT).toBe("two");
  await loop.synced();
  expect(await loop.remoteFiles()).toEqual(["app.txt", "lib.txt"]);
});

test("CF-12: names of any kind and their bytes arrive as they are", async ({ loop }) => {
  await loop.pushed({ "app.txt": "one" });
  const names = [
    "a b.txt",
    "it's.txt",
    'quo"te.txt',
    "new\nline.txt",
    "🚀.txt",
    "e\u0301.txt",
    "$(touch x)",
    "-rf",
  ];
  await loop.write({
    "app.txt": "one",
    ...Object.fromEntries(names.map((name) => [name, Buffer.from([0, 255, 10])])),
  });
  await loop.create();
  await loop.synced();
  expect(await loop.remoteFiles()).toEqual([...names, "app.txt"].toSorted());
  for (const name of names)
    expect(await readFile(join(loop.app.instances[0]!.home, "app", name))).toEqual(Buffer.from([0, 255, 10]));
});

test("nothing is restarted for files that spec.restart.skip names", async ({ loop }) => {
  await loop.inStep({ "app.txt": "one" }, { restart: { skip: ["*.css"] } });
  const starts = loop.starts().length;
  await loop.write({ "public/site.css": "body {}" });
  await expect.poll(() => loop.remoteText("public/site.css"), WAIT).toBe("body {}");
  await loop.synced();
  expect(loop.starts()).toHaveLength(starts);
  await writeFile(join(loop.local, "app.txt"), "two");
  await expect.poll(() => loop.starts().length, WAIT).toBe(starts + 1);
});

test("an app counts as ready when its log says so, and not before", async ({ loop }) => {
  const script = (line: string) => `sleep 0.5; echo started with nothing; echo ${line}; exec sleep 1000`;
  await loop.pushed({ "run.sh": script("listening on 8080") }, { command: "sh run.sh" });
  await loop.write({ "run.sh": `${script("listening on 8080")} # two` });
  await loop.create({ restart: { readiness: { log: "^listening on \\d+$", timeout: "3s" } } });
  await expect.poll(() => loop.condition("Running"), WAIT).toBe("True Ready");
  await loop.write({ "run.sh": script("cannot listen") });
  await expect.poll(() => loop.condition("Running"), WAIT).toBe("False Crashed");
  expect(await loop.messageOf("Running")).toContain("cannot listen");
  await loop.write({ "run.sh": script("listening on 9090") });
  await expect.poll(() => loop.condition("Running"), WAIT).toBe("True Ready");
});

test("a save is told in two changes of the status, and one if it takes no time", async ({ loop }) => {
  await loop.inStep({ "app.txt": "one" });
  await expect.poll(() => loop.condition("Ready"), WAIT).toBe("True Synced");
  const seen: string[] = [];
  const informer = loop.client.informer(CFAppSync);
  informer.on({ updated: ({ status }) => void seen.push(status?.state ?? "") });
  await informer.start().synced;
  await loop.write({ "app.txt": "two" });
  await expect.poll(() => loop.starts().length, WAIT).toBe(2);
  await expect.poll(async () => (await loop.status()).lastSync?.trigger, WAIT).toBe("FileChange");
  await expect.poll(() => seen.at(-1), WAIT).toBe("Synced");
  expect(seen.length).toBeLessThanOrEqual(2);
  await informer.stop();
});
