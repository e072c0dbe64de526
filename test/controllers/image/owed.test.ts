import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { FileWatch } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { SHELL } from "../../docker/engine.ts";
import { ask, context, createDocker, settled } from "../../docker/fixture.ts";
import { test } from "../../docker/gate.fixture.ts";
import { openTestInstance } from "../../helpers/instance.ts";
import { create, done, MAKE, shell } from "./custom.fixture.ts";

const COMMAND = `[ -e bad ] && exit 1; [ -e slow ] && exec sleep 300; CONTENT=$(cat src) ${MAKE.join(" ")}`;

/** A CustomImage that is built, and built again when the file `src` changes. */
async function ofFile(client: Client, root: string) {
  await writeFile(join(root, "src"), "one");
  await client.create(FileWatch, { namespace: "default", name: "src" }, { paths: ["src"] });
  const watch = async () => (await client.get(FileWatch, { namespace: "default", name: "src" }))?.status;
  await expect.poll(async () => (await watch())?.monitorStartTime).toBeDefined();
  await create(client, shell(COMMAND), { restartOn: { fileWatches: ["src"] } });
  return done(client);
}

const SAVE = { type: "FileChange", object: "FileWatch/src" };

describe("a save that a command was run for", () => {
  test("is built when that came to nothing for something that passes", async ({ client, root, gate }) => {
    const first = await ofFile(client, root);
    gate.refuse(/^GET \S*\/images\/tool\S*\/json/, 1);
    await writeFile(join(root, "src"), "two");
    const { cause, digest } = await done(client, "Built", 3);
    expect(gate.refusals).toBe(1);
    expect(cause).toMatchObject(SAVE);
    expect(digest).not.toBe(first.digest);
  });

  test("is built after a restart of tiltish in the middle of it", async ({ instance, root }) => {
    const first = await ofFile(instance.client, root);
    await writeFile(join(root, "slow"), "");
    await writeFile(join(root, "src"), "two");
    await done(instance.client, "Building", 2);
    await instance.close();
    await rm(join(root, "slow"));
    const again = await openTestInstance(root);
    const { cause, digest } = await done(again.client, "Built", 3);
    await again.close();
    expect(cause).toMatchObject(SAVE);
    expect(digest).not.toBe(first.digest);
  });

  test("is not taken for built after a restart of tiltish when the command has failed", async ({
    instance,
    root,
  }) => {
    const first = await ofFile(instance.client, root);
    await writeFile(join(root, "bad"), "");
    await writeFile(join(root, "src"), "two");
    await done(instance.client, "Failed", 2);
    await instance.close();
    await rm(join(root, "bad"));
    const again = await openTestInstance(root);
    const { digest } = await done(again.client, "Built", 3);
    await again.close();
    expect(digest).not.toBe(first.digest);
  });
});

test("a build that somebody asks for while the engine is away is done when it is back", async ({
  client,
  root,
  gate,
}) => {
  await context(root, "api", { Dockerfile: SHELL });
  await createDocker(client, "api", { triggerMode: "Manual" });
  await settled(client, "api");
  gate.refuse(/^POST \S*\/build/, 1);
  await ask(client, "api", "Trigger");
  const { cause, error } = await settled(client, "api", { run: 3 });
  expect(gate.refusals).toBe(1);
  expect(cause).toMatchObject({ type: "Trigger" });
  expect(error).toBeUndefined();
});

test("an image that is built when asked claims no change after a restart of tiltish", async ({
  instance,
  root,
}) => {
  await context(root, "api", { Dockerfile: SHELL });
  await createDocker(instance.client, "api", { triggerMode: "Manual" });
  await settled(instance.client, "api");
  await instance.close();
  const again = await openTestInstance(root);
  await createDocker(again.client, "later", { context: "api" });
  await settled(again.client, "later");
  const { message } = await settled(again.client, "api");
  await again.close();
  expect(message).toBeUndefined();
});
