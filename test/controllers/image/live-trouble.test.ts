import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { Event } from "../../../apis/core/index.ts";
import { FileWatch } from "../../../apis/v1alpha1/index.ts";
import { settled } from "../../docker/fixture.ts";
import { test } from "../../docker/gate.fixture.ts";
import { built, create, DOCKERFILE, expectLive, fileIn, liveOf, runOf, start, SYNC } from "./live.fixture.ts";

const SOON = { timeout: 20_000 };
const EXEC = /POST (\/v[\d.]+)?\/containers\/[0-9a-f]+\/exec/;

describe("a live update over a way that breaks", () => {
  test("LU-18: is tried again after a while, and nothing is built for it", async ({
    client,
    root,
    engine,
    gate,
  }) => {
    const id = await start(engine, await built({ client, root, engine }, "shaky"));
    gate.refuse(EXEC, 2);
    await writeFile(join(root, "shaky/src/a.txt"), "two");
    await expect.poll(() => fileIn(engine, id, "/app/a.txt"), SOON).toBe("two");
    await expectLive(client, "shaky", { state: "Synced" });
    expect([gate.refusals, await runOf(client, "shaky")]).toEqual([2, 1]);
  });

  test("LU-13: fails with the cause if it stays so, and the image is built", async ({
    client,
    root,
    engine,
    gate,
  }) => {
    await start(engine, await built({ client, root, engine }, "broken"));
    gate.refuse(EXEC, Infinity);
    await writeFile(join(root, "broken/src/a.txt"), "two");
    const { refs } = await settled(client, "broken", { run: 2 });
    expect(await engine.run(refs!.local!, ["cat", "/app/a.txt"])).toBe("two");
    const { items } = await client.list(Event, { namespace: "default" });
    const told = items.find(({ reason }) => reason === "LiveUpdateFailed");
    expect(told?.message).toMatch(/the engine at unix:.* cannot be reached: /);
    expect(gate.refusals).toBeGreaterThanOrEqual(4);
  });
});

describe("a live update whose container is down", () => {
  test("LU-18: brings there what was saved in thirty batches, when it is up", async ({
    client,
    root,
    engine,
  }) => {
    const id = await create(engine, await built({ client, root, engine }, "down"));
    const watch = { namespace: "default", name: "down-image-watch" };
    const seen = async () => (await client.get(FileWatch, watch))?.status?.events?.at(-1)?.files;
    for (let n = 0; n < 30; n++) {
      await writeFile(join(root, `down/src/${n}.txt`), `${n}`);
      await expect.poll(seen, { interval: 10 }).toEqual([`src/${n}.txt`]);
    }
    await expectLive(client, "down", { state: "Waiting", reason: "NotRunning" });
    await engine.ask("POST", `/containers/${id}/start`);
    await expect.poll(() => fileIn(engine, id, "/app/29.txt"), SOON).toBe("29");
    for (let n = 0; n < 30; n++) expect(await fileIn(engine, id, `/app/${n}.txt`)).toBe(`${n}`);
    expect(await runOf(client, "down")).toBe(1);
  });

  test("LU-8: again and again is given up, also when it runs later, until there is a new image", async ({
    client,
    root,
    engine,
  }) => {
    const part = { client, root, engine };
    const dockerfileContents = `${DOCKERFILE}RUN ["/bin/sh", "-c", "! grep -q two /app/a.txt"]\n`;
    const image = await built(part, "sticky", SYNC, { dockerfileContents });
    const id = await start(engine, image, {
      Cmd: ["sh", "-c", "[ -e /app/mended ] && exec sleep 1000; exit 1"],
      HostConfig: { RestartPolicy: { Name: "always" } },
    });
    const restarts = async () =>
      ((await engine.ask("GET", `/containers/${id}/json`)).body as { RestartCount: number }).RestartCount;
    await expect.poll(restarts, SOON).toBeGreaterThanOrEqual(3);
    const state = async () => (await liveOf(client, "sticky")).containers?.[0]?.state;
    await expect.poll(state, SOON).toBe("restarting");
    await writeFile(join(root, "sticky/src/a.txt"), "two");
    await expectLive(client, "sticky", { state: "Failed", reason: "CrashLoopBackOff" });
    await settled(client, "sticky", { state: "Failed", run: 2 });
    // As a developer does it by hand.
    await engine.ask("POST", `/containers/${id}/stop?t=0`);
    await engine.put(id, "/app", { mended: "" });
    await engine.ask("POST", `/containers/${id}/start`);
    await writeFile(join(root, "sticky/src/a.txt"), "two, again");
    await settled(client, "sticky", { state: "Failed", run: 3 });
    expect(await liveOf(client, "sticky")).toMatchObject({ state: "Failed", reason: "CrashLoopBackOff" });
    expect(await fileIn(engine, id, "/app/a.txt")).toBe("one");
    await writeFile(join(root, "sticky/src/a.txt"), "three");
    const { refs } = await settled(client, "sticky", { run: 4 });
    const next = await start(engine, refs!.local!);
    await writeFile(join(root, "sticky/src/a.txt"), "four");
    await expect.poll(() => fileIn(engine, next, "/app/a.txt"), SOON).toBe("four");
    expect(await runOf(client, "sticky")).toBe(4);
  });
});
