import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { CustomImage } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { SHELL } from "../../docker/engine.ts";
import { context, createDocker, settled } from "../../docker/fixture.ts";
import { test } from "../../docker/gate.fixture.ts";
import { TestRegistry } from "../../docker/registry.ts";
import { create, done, MAKE, processOf, shell } from "./custom.fixture.ts";

const TOOL = { namespace: "default", name: "tool" };

const SLOW = shell(`[ -e slow ] && exec sleep 300; exec ${MAKE.join(" ")}`);

/** A CustomImage whose command runs, and does not end. */
async function building(client: Client, root: string) {
  await writeFile(join(root, "slow"), "");
  await create(client, SLOW);
  await expect.poll(async () => (await processOf(client))?.status?.state).toBe("Running");
  const { metadata, status } = (await processOf(client))!;
  const image = await client.get(CustomImage, TOOL);
  await rm(join(root, "slow"));
  return { uid: image!.metadata.uid!, process: metadata.uid, pid: status!.pid! };
}

const namesBelow = (root: string): Promise<string[]> => readdir(join(root, "../state"), { recursive: true });

const commandOf = (pid: number): Promise<string> => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");

test("a CustomImage that is deleted while it is built leaves nothing behind, and can be made anew", async ({
  client,
  root,
}) => {
  const { uid, pid } = await building(client, root);
  const ofIt = async () => (await namesBelow(root)).filter((name) => name.includes(uid));
  expect(await ofIt()).not.toEqual([]);
  await client.delete(CustomImage, TOOL);
  await expect.poll(() => processOf(client)).toBeUndefined();
  await expect.poll(() => commandOf(pid)).toBe("");
  await expect.poll(ofIt).toEqual([]);
  await create(client, SLOW);
  await done(client, "Built", 1);
});

test("a CustomImage whose name is taken anew while it is built is built as the new one says", async ({
  client,
  root,
}) => {
  const { process, pid } = await building(client, root);
  await client.delete(CustomImage, TOOL);
  await create(client, SLOW);
  await done(client);
  expect((await processOf(client))?.metadata.uid).not.toBe(process);
  expect(await commandOf(pid)).toBe("");
});

test("a CustomImage that could not be pushed is pushed by itself, and its command is not run again", async ({
  client,
  root,
  gate,
}) => {
  const registry = await TestRegistry.start();
  onTestFinished(() => registry.stop());
  gate.refuse(/^POST \S*\/push/, 2);
  await create(client, shell(`echo run >> runs; exec ${MAKE.join(" ")}`), {
    refs: { config: `${registry.host}/tool` },
  });
  const { tag } = await done(client);
  expect(gate.refusals).toBe(2);
  expect(await registry.tags("tool")).toEqual([tag]);
  expect(await readFile(join(root, "runs"), "utf8")).toBe("run\n");
});

test("an image is built, although older ones could not be looked for", async ({ client, root, gate }) => {
  gate.refuse(/^GET \S*\/images\/json/, 1);
  await context(root, "api", { Dockerfile: SHELL });
  await createDocker(client, "api");
  expect((await settled(client, "api")).run).toBe(1);
  expect(gate.refusals).toBe(1);
});
