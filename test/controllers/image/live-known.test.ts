import { writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { DockerImage } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { context, settled } from "../../docker/fixture.ts";
import { test } from "../../docker/gate.fixture.ts";
import { built, expectLive, fileIn, liveOf, runOf, start, SYNC } from "./live.fixture.ts";

const SOON = { timeout: 20_000 };
const EXEC = /POST (\/v[\d.]+)?\/containers\/[0-9a-f]+\/exec/;
/** More than any pipe holds. */
const MUCH = 8 * 1024 * 1024;

describe("a file that is written again while it is brought into a container", () => {
  test("is read again, and the container gets what it holds then", async ({ client, root, engine, gate }) => {
    const id = await start(engine, await built({ client, root, engine }, "format"));
    const file = join(root, "format/src/big.txt");
    let isToFormat = true;
    gate.onBytes((bytes) => {
      if (!isToFormat || !EXEC.test(bytes.toString("latin1"))) return;
      isToFormat = false;
      writeFileSync(file, "b".repeat(MUCH));
    });
    await writeFile(file, "a".repeat(MUCH));
    const head = async () => (await fileIn(engine, id, "/app/big.txt"))?.slice(0, 1);
    await expect.poll(head, SOON).toBe("b");
    await expectLive(client, "format", { state: "Synced" });
    expect(isToFormat).toBe(false);
    await writeFile(join(root, "format/src/a.txt"), "later");
    await expect.poll(() => fileIn(engine, id, "/app/a.txt"), SOON).toBe("later");
    expect(await runOf(client, "format")).toBe(1);
  });
});

test("a change below .git keeps no save from going into the container", async ({ client, root, engine }) => {
  await context(root, "repo", { ".git/index": "one" });
  const id = await start(engine, await built({ client, root, engine }, "repo"));
  await writeFile(join(root, "repo/.git/index"), "two");
  await writeFile(join(root, "repo/src/a.txt"), "two");
  await expect.poll(() => fileIn(engine, id, "/app/a.txt"), SOON).toBe("two");
  await expectLive(client, "repo", { state: "Synced" });
  expect(await runOf(client, "repo")).toBe(1);
});

async function disableFor(client: Client, name: string, meanwhile: () => Promise<void>): Promise<void> {
  const key = { namespace: "default", name };
  await client.patch(DockerImage, key, { spec: { disabled: true } });
  await settled(client, name, { state: "Disabled" });
  await meanwhile();
  await client.patch(DockerImage, key, { spec: { disabled: false } });
}

describe("a container that was there before its image was looked after", () => {
  test("gets back what was changed in it earlier, though the context is what the image was built from", async ({
    client,
    root,
    engine,
  }) => {
    const id = await start(engine, await built({ client, root, engine }, "back"));
    // Of another size: one of the same, written in the same second, is the same file for an engine that compares.
    await writeFile(join(root, "back/src/a.txt"), "twenty");
    await expect.poll(() => fileIn(engine, id, "/app/a.txt"), SOON).toBe("twenty");
    await expectLive(client, "back", { state: "Synced" });
    await disableFor(client, "back", () => writeFile(join(root, "back/src/a.txt"), "one"));
    await expect.poll(() => fileIn(engine, id, "/app/a.txt"), SOON).toBe("one");
    await expectLive(client, "back", { state: "Synced" });
    expect(await runOf(client, "back")).toBe(1);
  });

  test("is left alone if it is as its image", async ({ client, root, engine }) => {
    const run = [{ command: ["sh", "-c", "echo ran >> /log"] }];
    const id = await start(engine, await built({ client, root, engine }, "same", { ...SYNC, run }));
    await disableFor(client, "same", () => Promise.resolve());
    await expectLive(client, "same", { state: "Synced" });
    await writeFile(join(root, "same/src/a.txt"), "two");
    await expect.poll(() => fileIn(engine, id, "/log"), SOON).toBe("ran\n");
    await expectLive(client, "same", { state: "Synced" });
    expect((await liveOf(client, "same")).containers).toEqual([expect.objectContaining({ files: 1 })]);
    expect(await fileIn(engine, id, "/log")).toBe("ran\n");
  });
});
