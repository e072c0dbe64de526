import { expect } from "vitest";
import { ConfigMap } from "../../../apis/core/index.ts";
import { K8sResource } from "../../../apis/v1alpha1/index.ts";
import { configMap, type Loop, NAME, test, WAIT, yaml } from "./fixture.ts";

const mapNamed = (loop: Loop, name: string): Promise<ConfigMap | undefined> =>
  loop.cluster.client.get(ConfigMap, { namespace: "default", name });

const UNKNOWN = JSON.stringify({ apiVersion: "no/v1", kind: "Such", metadata: { name: "x" } });

test("K8S-8: an empty file, as one that is just being written, deletes nothing", async ({ loop }) => {
  await loop.create({ yaml: configMap("one"), podReadinessMode: "Ignore" });
  await loop.ready();
  await loop.change({ yaml: "# nothing yet\n" });
  await loop.until("Applied", { status: "False", reason: "NothingToApply" });
  expect(await mapNamed(loop, "one")).toBeDefined();
  await loop.change({ yaml: configMap("one") });
  await loop.ready();
});

test("K8S-8: going back after an apply that failed half-way brings back what was there", async ({ loop }) => {
  await loop.create({ yaml: configMap("one"), podReadinessMode: "Ignore" });
  await loop.ready();
  const { data } = (await mapNamed(loop, "one"))!;
  const changed = JSON.stringify({ ...JSON.parse(configMap("one")), data: { other: "value" } });
  await loop.change({ yaml: yaml(changed, configMap("two"), UNKNOWN) });
  await loop.until("Applied", { status: "False", reason: "UnknownKind" });
  expect((await mapNamed(loop, "one"))?.data).toEqual({ other: "value" });
  await loop.change({ yaml: configMap("one") });
  await expect.poll(async () => (await mapNamed(loop, "one"))?.data, WAIT).toEqual(data);
  await expect.poll(() => mapNamed(loop, "two"), WAIT).toBeUndefined();
  await loop.ready();
});

test("what another K8sResource has applied since is that one's, and stays", async ({ loop }) => {
  await loop.create({ yaml: yaml(configMap("one"), configMap("moved")), podReadinessMode: "Ignore" });
  await loop.ready();
  const other = { namespace: "default", name: "other" };
  const spec = { kubeconfig: loop.kubeconfig, yaml: configMap("moved"), podReadinessMode: "Ignore" as const };
  await loop.client.create(K8sResource, other, spec);
  const isReady = async () =>
    (await loop.client.get(K8sResource, other))?.status?.conditions?.find(({ type }) => type === "Ready")
      ?.status;
  await expect.poll(isReady, WAIT).toBe("True");
  const { uid } = (await mapNamed(loop, "moved"))!.metadata;
  await loop.change({ yaml: configMap("one") });
  await expect.poll(async () => (await loop.status()).applied, WAIT).toBe(1);
  await loop.client.delete(K8sResource, NAME);
  await expect.poll(() => loop.client.get(K8sResource, NAME), WAIT).toBeUndefined();
  expect((await mapNamed(loop, "moved"))?.metadata.uid).toBe(uid);
  expect(await mapNamed(loop, "one")).toBeUndefined();
});

test("K8S-7: disabled with the policy keep, what was applied stays", async ({ loop }) => {
  await loop.create({ yaml: configMap("one"), podReadinessMode: "Ignore" });
  await loop.ready();
  const annotations = { "tiltish.dev/down-policy": "keep" };
  await loop.client.patch(K8sResource, NAME, { metadata: { annotations }, spec: { disabled: true } });
  await expect.poll(async () => (await loop.status()).state, WAIT).toBe("Disabled");
  expect(await mapNamed(loop, "one")).toBeDefined();
  await loop.client.patch(K8sResource, NAME, { spec: { disabled: false } });
  await loop.ready();
});
