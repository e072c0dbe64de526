import { expect } from "vitest";
import type { StatusOf } from "../../../apis/kind.ts";
import { DockerImage, LocalResource } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { evaluateImages, ImageConsumers } from "../../../controllers/runtime/index.ts";
import { test } from "./fixture.ts";

type Status = StatusOf<typeof DockerImage>;

const imageRefs = [{ kind: "DockerImage" as const, name: "api" }];
const consumer = (client: Client) =>
  client.create(LocalResource, { namespace: "default", name: "web" }, { imageRefs });
const image = (client: Client, disabled = false) =>
  client.create(
    DockerImage,
    { namespace: "default", name: "api" },
    { refs: { config: "api" }, context: ".", disabled },
  );

const BUILT: Status = {
  observedGeneration: 1,
  state: "Built",
  digest: "sha256:1",
  refs: { local: "api:tiltish-0123456789abcdef", cluster: "reg/api:tiltish-0123456789abcdef" },
};

const verdictFor = async (client: Client, status: Status): Promise<unknown> => {
  const object = await image(client);
  await client.setStatus(DockerImage, object, status);
  return evaluateImages(client, await consumer(client));
};

test("an object without imageRefs waits for no image", async ({ client }) => {
  const object = await client.create(LocalResource, { namespace: "default", name: "web" }, {});
  expect(await evaluateImages(client, object)).toEqual({ ready: [] });
});

test("a built image gives its references and the name of its variable", async ({ client }) => {
  expect(await verdictFor(client, BUILT)).toEqual({
    ready: [
      {
        kind: "DockerImage",
        name: "api",
        config: "api",
        local: "api:tiltish-0123456789abcdef",
        cluster: "reg/api:tiltish-0123456789abcdef",
        digest: "sha256:1",
        env: "TILTISH_IMAGE_API",
      },
    ],
  });
});

test("an image that does not exist, is disabled, or has no result is waited for, and it is said why", async ({
  client,
}) => {
  const object = await consumer(client);
  const waiting = async () => (await evaluateImages(client, object)).waiting;
  expect(await waiting()).toMatch(/DockerImage\/api \(it does not exist; create it/);
  const disabled = await image(client, true);
  expect(await waiting()).toMatch(/it is disabled; tiltish enable api/);
  const enabled = await client.update(DockerImage, disabled, (draft) => void (draft.spec.disabled = false));
  expect(await waiting()).toMatch(/nobody has looked at its spec yet/);
  const failed = { observedGeneration: 2, state: "Failed", error: "exit code 1\nmore" } as const;
  await client.setStatus(DockerImage, enabled, failed);
  expect(await waiting()).toMatch(/\(it has no result: exit code 1\)/);
});

test("what an image waits for is named, and why is not: two that wait for each other say no more each time", async ({
  client,
}) => {
  const message = "waits for DockerImage/b (it waits for DockerImage/api (it waits for DockerImage/b))";
  const verdict = await verdictFor(client, { ...BUILT, state: "Waiting", message });
  expect(verdict).toMatchObject({ waiting: "waits for DockerImage/api (it waits for DockerImage/b)" });
});

test("an image that is being built again is waited for", async ({ client }) => {
  const verdict = await verdictFor(client, { ...BUILT, state: "Building" });
  expect(verdict).toMatchObject({ waiting: expect.stringMatching(/it is built now/) });
});

test("an image whose new build has failed is used as it was before", async ({ client }) => {
  const verdict = await verdictFor(client, { ...BUILT, state: "Failed", error: "exit code 1" });
  expect(verdict).toMatchObject({ ready: [{ digest: "sha256:1" }] });
});

test("a change of an image concerns those who need it, and only them", async ({ client }) => {
  const consumers = new ImageConsumers();
  const [object, api] = [await consumer(client), await image(client)];
  consumers.note(object);
  expect(consumers.of(api)).toEqual([{ namespace: "default", name: "web" }]);
  consumers.forget({ namespace: "default", name: "web" });
  expect(consumers.of(api)).toEqual([]);
});

test("two images that would give the same variable are refused", async ({ client }) => {
  const refs = [...imageRefs, { kind: "CustomImage" as const, name: "api" }];
  const created = client.create(LocalResource, { namespace: "default", name: "web" }, { imageRefs: refs });
  await expect(created).rejects.toThrow(/TILTISH_IMAGE_API/);
});
