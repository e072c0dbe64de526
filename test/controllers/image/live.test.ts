import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { Event } from "../../../apis/core/index.ts";
import { DockerImage } from "../../../apis/v1alpha1/index.ts";
import { ask, settled } from "../../docker/fixture.ts";
import { built, create, expectLive, fileIn, liveOf, runOf, start, SYNC, test } from "./live.fixture.ts";

describe("a live update", () => {
  test("LU-2: a saved file goes into the running container once, and no image is built", async ({ part }) => {
    const { client, root, engine } = part;
    const id = await start(engine, await built(part, "page"));
    await writeFile(join(root, "page/src/a.txt"), "two");
    await expect.poll(() => fileIn(engine, id, "/app/a.txt"), { timeout: 15_000 }).toBe("two");
    const { containers } = await expectLive(client, "page", { state: "Synced", containers: [{ files: 1 }] });
    const watch = await client.get(DockerImage, { namespace: "default", name: "page" });
    expect(containers![0]).toMatchObject({ id, state: "running", lastFileTimeSynced: expect.any(String) });
    expect(watch?.status).toMatchObject({ state: "Built", run: 1 });
  });

  test("LU-17: what is deleted here is deleted there, and what the container has made stays", async ({
    part,
  }) => {
    const { root, engine } = part;
    const id = await start(engine, await built(part, "gone"), {
      Cmd: ["sh", "-c", "mkdir /app/d; echo own > /app/d/own; sleep 1000"],
    });
    await mkdir(join(root, "gone/src/d"));
    await writeFile(join(root, "gone/src/d/b.txt"), "b");
    await expect.poll(() => fileIn(engine, id, "/app/d/b.txt"), { timeout: 15_000 }).toBe("b");
    await rm(join(root, "gone/src/d"), { recursive: true });
    await expect.poll(() => fileIn(engine, id, "/app/d/b.txt"), { timeout: 15_000 }).toBeUndefined();
    expect(await fileIn(engine, id, "/app/d/own")).toBe("own\n");
  });

  test("LU-17: a container that may not write says so, and the image is built", async ({ part }) => {
    const { client, root, engine } = part;
    await start(engine, await built(part, "denied"), { User: "1000:1000" } as object);
    await writeFile(join(root, "denied/src/a.txt"), "two");
    await settled(client, "denied", { run: 2 });
    const { items } = await client.list(Event, { namespace: "default" });
    expect(items.map(({ reason, message }) => `${reason}: ${message}`)).toContainEqual(
      expect.stringMatching(/^LiveUpdateFailed: tar in the container failed.*(denied|not permitted)/),
    );
  });

  test("LU-5: what is saved while the container does not run goes there when it does", async ({ part }) => {
    const { client, root, engine } = part;
    const id = await create(engine, await built(part, "late"));
    for (let n = 0; n < 30; n++) await writeFile(join(root, `late/src/${n}.txt`), `${n}`);
    await expectLive(client, "late", { state: "Waiting", reason: "NotRunning" });
    await engine.ask("POST", `/containers/${id}/start`);
    await expect.poll(() => fileIn(engine, id, "/app/29.txt"), { timeout: 15_000 }).toBe("29");
    for (let n = 0; n < 30; n++) expect(await fileIn(engine, id, `/app/${n}.txt`)).toBe(`${n}`);
    expect(await runOf(client, "late")).toBe(1);
  });

  test("LU-9: a change that no rule is about, or that is in stopOn, needs a build; later ones are synced again", async ({
    part,
  }) => {
    const { client, root, engine } = part;
    const liveUpdate = { ...SYNC, stopOn: ["package.json"] };
    await start(engine, await built(part, "stop", liveUpdate));
    await writeFile(join(root, "stop/src/package.json"), "{}");
    const { refs } = await settled(client, "stop", { run: 2 });
    const id = await start(engine, refs!.local!);
    await writeFile(join(root, "stop/other"), "x");
    const { refs: third } = await settled(client, "stop", { run: 3 });
    expect(await fileIn(engine, id, "/other")).toBeUndefined();
    const newest = await start(engine, third!.local!);
    await writeFile(join(root, "stop/src/a.txt"), "later");
    await expect.poll(() => fileIn(engine, newest, "/app/a.txt"), { timeout: 15_000 }).toBe("later");
    expect(await runOf(client, "stop")).toBe(3);
  });

  test("LU-4: with triggerMode Manual a change waits for the trigger, which syncs it", async ({ part }) => {
    const { client, root, engine } = part;
    const id = await start(engine, await built(part, "hand", SYNC, { triggerMode: "Manual" }));
    await writeFile(join(root, "hand/src/a.txt"), "two");
    await expectLive(client, "hand", { state: "Waiting", reason: "Trigger" });
    expect(await fileIn(engine, id, "/app/a.txt")).toBe("one");
    await ask(client, "hand", "Trigger");
    await expect.poll(() => fileIn(engine, id, "/app/a.txt"), { timeout: 15_000 }).toBe("two");
    await expectLive(client, "hand", { state: "Synced" });
    expect(await runOf(client, "hand")).toBe(1);
  });
});

describe("where a live update is not possible", () => {
  const bare = `FROM scratch\nCOPY busybox /bin/busybox\nCOPY src /app\nCMD ["/bin/busybox", "sleep", "1000"]\n`;

  test("LU-1: without a container a change waits a moment for one, then the image is built", async ({
    part,
  }) => {
    const { client, root } = part;
    await built(part, "alone");
    await writeFile(join(root, "alone/src/a.txt"), "two");
    await expectLive(client, "alone", { state: "Waiting", reason: "NoContainer" });
    expect(await runOf(client, "alone")).toBe(1);
    const { cause } = await settled(client, "alone", { run: 2 });
    expect(cause?.message).toBe("no container runs the image on this engine");
  });

  test("what the container refuses is a reason to build, and is told", async ({ part }) => {
    const { client, root, engine } = part;
    const id = await start(engine, await built(part, "bare", SYNC, { dockerfileContents: bare }));
    // Nothing of the container is needed for this, for the engine can do it.
    await writeFile(join(root, "bare/src/b.txt"), "b");
    await expect.poll(() => fileIn(engine, id, "/app/b.txt"), { timeout: 15_000 }).toBe("b");
    await rm(join(root, "bare/src/a.txt"));
    await settled(client, "bare", { run: 2 });
    const events = async () => (await client.list(Event, { namespace: "default" })).items;
    const message = "the container has no rm, which a deleted file needs";
    await expect
      .poll(events)
      .toContainEqual(expect.objectContaining({ reason: "LiveUpdateFailed", message }));
  });

  test("who triggers it gets a build", async ({ part }) => {
    const { client, root, engine } = part;
    const id = await start(engine, await built(part, "asked"));
    await writeFile(join(root, "asked/src/a.txt"), "two");
    await expect.poll(() => fileIn(engine, id, "/app/a.txt"), { timeout: 15_000 }).toBe("two");
    await ask(client, "asked", "Trigger");
    const { refs } = await settled(client, "asked", { run: 2 });
    expect(await engine.run(refs!.local!, ["cat", "/app/a.txt"])).toBe("two");
  });

  test("rules that lead out of the context, or nowhere, are refused with their field", async ({ part }) => {
    const sync = [
      { from: "../src", to: "/app" },
      { from: "src", to: "/app/../etc" },
    ];
    await expect(built(part, "wrong", { ...SYNC, sync })).rejects.toThrow(
      /spec\.liveUpdate\.sync\[0\]\.from.*spec\.liveUpdate\.sync\[1\]\.to/s,
    );
  });
});

describe("the containers of a live update", () => {
  test("LU-6: the only one has ended: it is named, and the image is built", async ({ part }) => {
    const { client, root, engine } = part;
    await start(engine, await built(part, "ended"), { name: "ended-one", Cmd: ["true"] });
    await expectLive(client, "ended", { containers: [{ name: "ended-one", state: "exited" }] });
    await writeFile(join(root, "ended/src/a.txt"), "two");
    await settled(client, "ended", { run: 2 });
    const { items } = await client.list(Event, { namespace: "default" });
    expect(items).toContainEqual(
      expect.objectContaining({ reason: "LiveUpdateFailed", message: expect.stringContaining("ended-one") }),
    );
  });

  test("LU-7: one of two has ended: the other one is synced", async ({ part }) => {
    const { client, root, engine } = part;
    const image = await built(part, "two");
    await start(engine, image, { Cmd: ["true"] });
    const id = await start(engine, image);
    await writeFile(join(root, "two/src/a.txt"), "two");
    await expect.poll(() => fileIn(engine, id, "/app/a.txt"), { timeout: 15_000 }).toBe("two");
    await expectLive(client, "two", { state: "Synced" });
    expect(await runOf(client, "two")).toBe(1);
  });

  test("LU-10: only those that spec.liveUpdate.containers names are synced", async ({ part }) => {
    const { root, engine } = part;
    const image = await built(part, "chosen", { ...SYNC, containers: ["chosen-a"] });
    const a = await start(engine, image, { name: "chosen-a" });
    const b = await start(engine, image, { name: "chosen-b" });
    await writeFile(join(root, "chosen/src/a.txt"), "two");
    await expect.poll(() => fileIn(engine, a, "/app/a.txt"), { timeout: 15_000 }).toBe("two");
    expect(await fileIn(engine, b, "/app/a.txt")).toBe("one");
  });

  test("LU-15, LU-3: a new container of the image gets at once what was changed since it was built; one that is started again has it", async ({
    part,
  }) => {
    const { client, root, engine } = part;
    const image = await built(part, "anew");
    const first = await start(engine, image);
    await writeFile(join(root, "anew/src/a.txt"), "two");
    await expect.poll(() => fileIn(engine, first, "/app/a.txt"), { timeout: 15_000 }).toBe("two");
    const second = await start(engine, image);
    await expect.poll(() => fileIn(engine, second, "/app/a.txt"), { timeout: 15_000 }).toBe("two");
    const live = await expectLive(client, "anew", { state: "Synced" });
    const times = new Map(live.containers!.map(({ id, lastSyncTime }) => [id, lastSyncTime]));
    await engine.ask("POST", `/containers/${first}/restart?t=0`);
    await expect.poll(() => fileIn(engine, first, "/app/a.txt"), { timeout: 15_000 }).toBe("two");
    const again = await expectLive(client, "anew", { state: "Synced" });
    expect(again.containers!.find(({ id }) => id === first)?.lastSyncTime).toBe(times.get(first));
  });
});

describe("after a live update", () => {
  test("LU-11: the container is restarted if restart is Always, and not by default", async ({ part }) => {
    const { root, engine } = part;
    const startedAt = async (id: string) => {
      const { body } = await engine.ask("GET", `/containers/${id}/json`);
      return (body as { State: { StartedAt: string } }).State.StartedAt;
    };
    const still = await start(engine, await built(part, "still"));
    const again = await start(engine, await built(part, "again", { ...SYNC, restart: "Always" }), {
      Cmd: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"],
    });
    const [stillAt, againAt] = [await startedAt(still), await startedAt(again)];
    await writeFile(join(root, "still/src/a.txt"), "two");
    await writeFile(join(root, "again/src/a.txt"), "two");
    await expect.poll(() => startedAt(again), { timeout: 15_000 }).not.toBe(againAt);
    await expect.poll(() => fileIn(engine, still, "/app/a.txt"), { timeout: 15_000 }).toBe("two");
    expect(await fileIn(engine, again, "/app/a.txt")).toBe("two");
    expect(await startedAt(still)).toBe(stillAt);
  });

  test("LU-12, LU-16: commands run in order, and those with `when` only for such files", async ({ part }) => {
    const { root, engine } = part;
    const log = (word: string) => ["sh", "-c", `echo ${word} >> /log`];
    const run = [
      { command: log("always") },
      { command: log("text"), when: ["src/*.txt"] },
      { command: log("never"), when: ["*.md"] },
    ];
    const id = await start(engine, await built(part, "runs", { ...SYNC, run }));
    await writeFile(join(root, "runs/src/a.txt"), "two");
    await expect.poll(() => fileIn(engine, id, "/log"), { timeout: 15_000 }).toBe("always\ntext\n");
  });

  test("a command that hangs keeps nobody from deleting the image", async ({ part }) => {
    const { client, root, engine } = part;
    const run = [{ command: ["sleep", "1000"] }];
    const id = await start(engine, await built(part, "hangs", { ...SYNC, run }));
    await writeFile(join(root, "hangs/src/a.txt"), "two");
    await expect.poll(() => fileIn(engine, id, "/app/a.txt"), { timeout: 15_000 }).toBe("two");
    await expectLive(client, "hangs", { state: "Syncing" });
    const name = { namespace: "default", name: "hangs" };
    await client.delete(DockerImage, name);
    await built(part, "hangs");
    await expectLive(client, "hangs", { state: "Synced" });
  });

  test("LU-14: a command that fails is told, nothing is built, and the next change is synced", async ({
    part,
  }) => {
    const { client, root, engine } = part;
    const run = [{ command: ["sh", "-c", "grep -q good /app/a.txt || { echo bad syntax; exit 1; }"] }];
    const id = await start(engine, await built(part, "fails", { ...SYNC, run }));
    await writeFile(join(root, "fails/src/a.txt"), "worse");
    const lastExecError = expect.stringMatching(/exit code 1: bad syntax/);
    await expectLive(client, "fails", { state: "Synced", containers: [{ lastExecError }] });
    await writeFile(join(root, "fails/src/a.txt"), "good");
    await expect.poll(() => fileIn(engine, id, "/app/a.txt"), { timeout: 15_000 }).toBe("good");
    await expect
      .poll(async () => (await liveOf(client, "fails")).containers?.[0], { timeout: 15_000 })
      .not.toHaveProperty("lastExecError");
    expect(await runOf(client, "fails")).toBe(1);
  });
});
