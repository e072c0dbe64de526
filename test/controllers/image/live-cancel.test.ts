import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { DockerImage } from "../../../apis/v1alpha1/index.ts";
import type { TestEngine } from "../../docker/engine.ts";
import { ask, settled } from "../../docker/fixture.ts";
import { built, expectLive, fileIn, runOf, start, SYNC, test } from "./live.fixture.ts";

const SOON = { timeout: 15_000 };

/** It hangs, and whatever it has started with it, until there is a file. */
const HANGS = { command: ["sh", "-c", "[ -e /app/go ] || sh -c 'sleep 987; true'"] };

async function commandsIn(engine: TestEngine, id: string): Promise<string> {
  const { body } = await engine.ask("GET", `/containers/${id}/top?ps_args=-eo%20pid,args`);
  return JSON.stringify(body);
}

describe("a live update that is canceled", () => {
  test("ends, its commands in the container as well, and says so; the next save brings everything there", async ({
    part,
  }) => {
    const { client, root, engine } = part;
    const id = await start(engine, await built(part, "long", { ...SYNC, run: [HANGS] }));
    await writeFile(join(root, "long/src/a.txt"), "two");
    await expect.poll(() => commandsIn(engine, id), SOON).toContain("sleep 987");
    await ask(client, "long", "Cancel");
    await expectLive(client, "long", { state: "Failed", reason: "Canceled" });
    const { error, conditions } = await settled(client, "long", { state: "Failed" });
    expect(error).toBe("canceled by hand");
    expect(conditions).toContainEqual(
      expect.objectContaining({ type: "Ready", status: "False", reason: "Canceled" }),
    );
    await expect.poll(() => commandsIn(engine, id), SOON).not.toContain("sleep 987");
    await writeFile(join(root, "long/src/go"), "");
    await expectLive(client, "long", { state: "Synced" });
    expect(await fileIn(engine, id, "/app/a.txt")).toBe("two");
    const { error: later } = await settled(client, "long", { run: 1 });
    expect(later).toBeUndefined();
  });

  test("of a container that was started later ends as well, and nothing is built for it", async ({
    part,
  }) => {
    const { client, root, engine } = part;
    const image = await built(part, "beside", { ...SYNC, run: [HANGS] });
    const first = await start(engine, image);
    await writeFile(join(root, "beside/src/go"), "");
    await expectLive(client, "beside", { state: "Synced" });
    const liveUpdate = { ...SYNC, run: [{ command: ["sleep", "986"] }] };
    await client.patch(
      DockerImage,
      { namespace: "default", name: "beside" },
      { spec: { liveUpdate: { ...liveUpdate } } },
    );
    await expectLive(client, "beside", { state: "Synced" });
    const second = await start(engine, image);
    await expect.poll(() => commandsIn(engine, second), SOON).toContain("sleep 986");
    await ask(client, "beside", "Cancel");
    await expectLive(client, "beside", { state: "Failed", reason: "Canceled" });
    await settled(client, "beside", { state: "Failed", run: 1 });
    await expect.poll(() => commandsIn(engine, second), SOON).not.toContain("sleep 986");
    await ask(client, "beside", "Trigger");
    await settled(client, "beside", { run: 2 });
    expect(await commandsIn(engine, first)).not.toContain("sleep 986");
  });

  test("by spec.disabled begins again when it is enabled", async ({ part }) => {
    const { client, root, engine } = part;
    const id = await start(engine, await built(part, "off", { ...SYNC, run: [HANGS] }));
    await writeFile(join(root, "off/src/a.txt"), "two");
    await expect.poll(() => commandsIn(engine, id), SOON).toContain("sleep 987");
    const name = { namespace: "default", name: "off" };
    await client.patch(DockerImage, name, { spec: { disabled: true } });
    await expect.poll(() => commandsIn(engine, id), SOON).not.toContain("sleep 987");
    await client.patch(DockerImage, name, { spec: { disabled: false } });
    const { refs } = await settled(client, "off", { run: 2 });
    expect(await engine.run(refs!.local!, ["cat", "/app/a.txt"])).toBe("two");
    expect(await runOf(client, "off")).toBe(2);
  });
});
