import { expect } from "vitest";
import { ConfigMap, Namespace } from "../../../apis/core/index.ts";
import { K8sResource } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { configMap, type Loop, NAME, test, WAIT, yaml } from "./fixture.ts";

const mapNamed = (loop: Loop, name: string): Promise<ConfigMap | undefined> =>
  loop.cluster.client.get(ConfigMap, { namespace: "default", name });

const conditionOf = async (client: Client, type: string, name = NAME) =>
  (await client.get(K8sResource, name))?.status?.conditions?.find((each) => each.type === type);

const isReady = async (client: Client, name = NAME): Promise<void> => {
  await expect.poll(async () => (await conditionOf(client, "Ready", name))?.status, WAIT).toBe("True");
};

const specOf = (loop: Loop, ...maps: string[]) => ({
  kubeconfig: loop.kubeconfig,
  yaml: yaml(...maps),
  podReadinessMode: "Ignore" as const,
});

test("two servers of tiltish on one cluster neither prune nor delete what is the other's, though all is called the same", async ({
  loop,
}) => {
  await loop.create(specOf(loop, configMap("one"), configMap("shared")));
  await loop.ready();
  const second = await loop.anotherTiltish();
  await second.create(K8sResource, NAME, specOf(loop, configMap("two"), configMap("shared")));
  await isReady(second);
  const { uid } = (await mapNamed(loop, "shared"))!.metadata;
  await loop.change({ yaml: configMap("one") });
  await expect.poll(async () => (await loop.status()).applied, WAIT).toBe(1);
  await expect.poll(async () => (await loop.status()).dropped, WAIT).toBeUndefined();
  await loop.client.delete(K8sResource, NAME);
  await expect.poll(() => loop.client.get(K8sResource, NAME), WAIT).toBeUndefined();
  expect((await mapNamed(loop, "shared"))?.metadata.uid).toBe(uid);
  expect(await mapNamed(loop, "two")).toBeDefined();
  expect(await mapNamed(loop, "one")).toBeUndefined();
});

test("that two apply one object is told by the one that took it", async ({ loop }) => {
  await loop.create(specOf(loop, configMap("shared")));
  await loop.ready();
  const second = await loop.anotherTiltish();
  await second.create(K8sResource, NAME, specOf(loop, configMap("shared", { a: "2" })));
  await isReady(second);
  const applied = await conditionOf(second, "Applied");
  expect(applied?.message).toMatch(
    /another K8sResource had applied ConfigMap\/shared in default \(of default\/web\): .*take it out of one/,
  );
});

test("two K8sResources of one name in different namespaces are told apart", async ({ loop }) => {
  await loop.create(specOf(loop, configMap("one"), configMap("shared")));
  await loop.ready();
  await loop.client.createObject(Namespace, { metadata: { name: "other" } });
  const other = { namespace: "other", name: NAME.name };
  await loop.client.create(K8sResource, other, specOf(loop, configMap("shared")));
  await isReady(loop.client, other);
  await loop.change({ disabled: true });
  await loop.until("Ready", { reason: "Disabled" });
  expect(await mapNamed(loop, "shared")).toBeDefined();
  expect(await mapNamed(loop, "one")).toBeUndefined();
  await expect.poll(() => loop.events(), WAIT).toContainEqual(expect.objectContaining({ reason: "NotOurs" }));
});

test("what was applied before there were owners is deleted by its label", async ({ loop }) => {
  await loop.create(specOf(loop, configMap("one")));
  await loop.ready();
  const annotations = { "tiltish.dev/owner": null };
  const map = { namespace: "default", name: "one" };
  await loop.cluster.client.patch(ConfigMap, map, { metadata: { annotations } });
  await loop.client.delete(K8sResource, NAME);
  await expect.poll(() => loop.client.get(K8sResource, NAME), WAIT).toBeUndefined();
  expect(await mapNamed(loop, "one")).toBeUndefined();
});
