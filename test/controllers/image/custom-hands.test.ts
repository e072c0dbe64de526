import { describe, expect } from "vitest";
import { TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import { CustomImage, LocalProcess } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { ask, test } from "../../docker/fixture.ts";
import { create, done, MAKE, processOf, shell } from "./custom.fixture.ts";

const PROCESS = { namespace: "default", name: "tool-image-build" };

const isProvisional = (tag: string): boolean => tag.startsWith("tool:tiltish-build-");

const askProcess = (client: Client, type: string) => {
  const time = `${new Date().toISOString().slice(0, 23)}000Z`;
  const annotations = { [TRIGGER_ANNOTATION]: JSON.stringify({ type, message: `${type} by hand`, time }) };
  return client.patch(LocalProcess, PROCESS, { metadata: { annotations } });
};

const HANDS: [string, (client: Client) => Promise<unknown>][] = [
  ["canceled", (client) => askProcess(client, "Cancel")],
  ["stopped", (client) => askProcess(client, "Stop")],
  ["deleted", (client) => client.delete(LocalProcess, PROCESS)],
  ["disabled", (client) => client.patch(LocalProcess, PROCESS, { spec: { disabled: true } })],
];

describe("the process of a CustomImage", () => {
  for (const [how, act] of HANDS)
    test(`IMG-15: that is ${how} by hand fails the build, which says so and what to do, and the next one is built`, async ({
      client,
      engine,
    }) => {
      await create(client, shell(`[ -e once ] && exec ${MAKE.join(" ")}; touch once; exec sleep 300`));
      await expect.poll(async () => (await processOf(client))?.status?.state).toBe("Running");
      await act(client);
      const { error, conditions } = await done(client, "Failed");
      expect(error).toMatch(
        new RegExp(`LocalProcess/tool-image-build was ${how} by hand; .*tiltish trigger tool`),
      );
      expect(conditions).toContainEqual(expect.objectContaining({ type: "Ready", reason: "CommandFailed" }));
      await ask(client, "tool", "Trigger", "CustomImage");
      const { refs, digest } = await done(client);
      expect((await engine.image(refs!.local!))?.Id).toBe(digest);
    });

  test("that is run again by hand is as good as it was", async ({ client }) => {
    await create(client, shell(`[ -e once ] && exec ${MAKE.join(" ")}; touch once; exec sleep 300`));
    await expect.poll(async () => (await processOf(client))?.status?.state).toBe("Running");
    await askProcess(client, "Trigger");
    expect((await done(client)).run).toBe(1);
  });
});

describe("the names that a command makes", () => {
  test("are gone when the image has that of its digest, also those of a build that was canceled", async ({
    client,
    engine,
  }) => {
    const tags = async () => {
      const { body } = await engine.ask("GET", "/images/json");
      return (body as { RepoTags: string[] | null }[])
        .flatMap(({ RepoTags }) => RepoTags ?? [])
        .filter(isProvisional);
    };
    const later = `${MAKE.join(" ")} && [ ! -e slow ] || { touch made; exec sleep 300; }`;
    await create(client, shell(`touch slow; ${later}`));
    await expect.poll(tags).toHaveLength(1);
    await ask(client, "tool", "Cancel", "CustomImage");
    await done(client, "Failed");
    await expect.poll(tags).toEqual([]);
    const commandTemplate = { argv: MAKE };
    await client.patch(CustomImage, { namespace: "default", name: "tool" }, { spec: { commandTemplate } });
    const { refs } = await done(client);
    await expect.poll(tags).toEqual([]);
    expect(await engine.image(refs!.local!)).toBeDefined();
    // As a crash leaves it behind.
    const { metadata } = (await client.get(CustomImage, { namespace: "default", name: "tool" }))!;
    const tag = `tiltish-build-${metadata.uid!.slice(0, 8)}-1`;
    await engine.ask("POST", `/images/${refs!.local}/tag?repo=tool&tag=${tag}`);
    await ask(client, "tool", "Trigger", "CustomImage");
    await done(client, "Built", 3);
    await expect.poll(tags).toEqual([]);
  });
});
