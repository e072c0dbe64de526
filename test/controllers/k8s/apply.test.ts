import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { ConfigMap, Namespace } from "../../../apis/core/index.ts";
import { TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import { FileWatch, K8sResource } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { definitionOf } from "./cluster/kinds.ts";
import { configMap, deployment, NAME, test, WAIT, yaml } from "./fixture.ts";

const mapIn = (client: Client, name: string) => client.get(ConfigMap, { namespace: "default", name });

test("K8S-1: YAML is applied once, its uids are in the status and its objects in the log; an idle reconcile applies nothing", async ({
  loop,
}) => {
  await loop.create({ yaml: yaml(deployment(), configMap("settings")), podReadinessMode: "Ignore" });
  await loop.ready();
  const web = await loop.cluster.get("Deployment", "web");
  const settings = await mapIn(loop.cluster.client, "settings");
  const status = await loop.status();
  expect(new Set(status.deployedUIDs)).toEqual(new Set([web!.metadata.uid, settings!.metadata.uid]));
  expect(status).toMatchObject({ applied: 2, hasEverDeployedSuccessfully: true, state: "Applied" });
  expect(await loop.log()).toMatch(/applied: Deployment\/web in default/);
  await loop.client.patch(K8sResource, NAME, { metadata: { labels: { touched: "1" } } });
  await loop.change({ displayName: "Web" });
  await expect.poll(async () => (await loop.status()).observedGeneration, WAIT).toBe(2);
  expect(loop.applied()).toBe(2);
});

test("K8S-6: deleting the object deletes what it has applied, and then lets go of it", async ({ loop }) => {
  await loop.create({ yaml: yaml(deployment(), configMap("settings")), podReadinessMode: "Ignore" });
  await loop.ready();
  await loop.client.delete(K8sResource, NAME);
  await expect.poll(() => loop.client.get(K8sResource, NAME), WAIT).toBeUndefined();
  expect(await loop.cluster.get("Deployment", "web")).toBeUndefined();
  expect(await mapIn(loop.cluster.client, "settings")).toBeUndefined();
});

test("K8S-7: disabled, what was applied is deleted; enabled, it is applied again", async ({ loop }) => {
  await loop.create({ yaml: configMap("settings"), podReadinessMode: "Ignore" });
  await loop.ready();
  await loop.change({ disabled: true });
  await loop.until("Ready", { reason: "Disabled" });
  expect(await mapIn(loop.cluster.client, "settings")).toBeUndefined();
  await loop.change({ disabled: false });
  await loop.ready();
  expect(await mapIn(loop.cluster.client, "settings")).toBeDefined();
});

test("K8S-8: what drops out of the YAML is deleted, and nothing else", async ({ loop }) => {
  await loop.create({ yaml: yaml(configMap("one"), configMap("two")), podReadinessMode: "Ignore" });
  await loop.ready();
  await loop.change({ yaml: configMap("one") });
  await expect.poll(() => mapIn(loop.cluster.client, "two"), WAIT).toBeUndefined();
  expect(await mapIn(loop.cluster.client, "one")).toBeDefined();
});

test("K8S-8: when the new apply fails, nothing is deleted", async ({ loop }) => {
  await loop.create({ yaml: yaml(configMap("one"), configMap("two")), podReadinessMode: "Ignore" });
  await loop.ready();
  await loop.change({ yaml: JSON.stringify({ apiVersion: "no/v1", kind: "Such", metadata: { name: "x" } }) });
  await loop.until("Applied", { status: "False", reason: "UnknownKind" });
  expect(await mapIn(loop.cluster.client, "two")).toBeDefined();
  expect((await loop.status()).error).toMatch(/no kind Such in no\/v1/);
});

test("what is marked to be kept stays when it drops out", async ({ loop }) => {
  const kept = JSON.stringify({
    ...(JSON.parse(configMap("kept")) as object),
    metadata: { name: "kept", annotations: { "tiltish.dev/down-policy": "keep" } },
  });
  await loop.create({ yaml: yaml(configMap("one"), kept), podReadinessMode: "Ignore" });
  await loop.ready();
  await loop.client.delete(K8sResource, NAME);
  await expect.poll(() => loop.client.get(K8sResource, NAME), WAIT).toBeUndefined();
  expect(await mapIn(loop.cluster.client, "kept")).toBeDefined();
  expect(await mapIn(loop.cluster.client, "one")).toBeUndefined();
});

test("K8S-10: a change that a FileWatch of restartOn sees makes one more apply", async ({ loop }) => {
  await writeFile(join(loop.root, "seen.txt"), "1");
  await loop.client.create(FileWatch, { namespace: "default", name: "files" }, { paths: ["seen.txt"] });
  await loop.create({
    yaml: configMap("settings"),
    restartOn: { fileWatches: ["files"] },
    podReadinessMode: "Ignore",
  });
  await loop.ready();
  await expect
    .poll(async () => (await loop.client.get(FileWatch, "files"))?.status?.monitorStartTime, WAIT)
    .toBeDefined();
  await writeFile(join(loop.root, "seen.txt"), "2");
  await expect.poll(() => loop.applied(), WAIT).toBe(2);
  await loop.ready();
  expect((await loop.status()).cause).toMatchObject({ type: "FileChange", files: ["seen.txt"] });
  await loop.change({ displayName: "again" });
  await expect.poll(async () => (await loop.status()).observedGeneration, WAIT).toBe(2);
  expect(loop.applied()).toBe(2);
});

test("a saved file is applied at once, and one that is broken says where", async ({ loop }) => {
  await mkdir(join(loop.root, "k8s"));
  await writeFile(join(loop.root, "k8s", "one.yaml"), configMap("one"));
  await loop.create({ files: ["k8s"], podReadinessMode: "Ignore" });
  await loop.ready();
  await writeFile(join(loop.root, "k8s", "one.yaml"), configMap("one", { a: "2" }));
  await expect.poll(async () => (await mapIn(loop.cluster.client, "one"))?.data, WAIT).toEqual({ a: "2" });
  await writeFile(join(loop.root, "k8s", "two.yaml"), "kind: ConfigMap\nmetadata: {name: a\n");
  await loop.until("Applied", { status: "False", reason: "BadYAML" });
  expect((await loop.condition("Applied")).message).toMatch(/^k8s\/two\.yaml:\d+:\d+: /);
  await rm(join(loop.root, "k8s", "two.yaml"));
  await loop.until("Applied", { status: "True" });
});

test("namespaces and definitions are applied before what needs them, wherever they are written", async ({
  loop,
}) => {
  const definition = JSON.stringify(definitionOf("example.com", "Widget"));
  const widget = JSON.stringify({
    apiVersion: "example.com/v1",
    kind: "Widget",
    metadata: { name: "w", namespace: "shop" },
    spec: { size: 1 },
  });
  const namespace = JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
  const list = JSON.stringify({
    apiVersion: "v1",
    kind: "List",
    items: [JSON.parse(widget), JSON.parse(namespace)],
  });
  await loop.create({ yaml: yaml(list, definition), podReadinessMode: "Ignore" });
  await loop.ready();
  expect((await loop.status()).deployed?.map(({ kind }) => kind)).toEqual([
    "Namespace",
    "CustomResourceDefinition",
    "Widget",
  ]);
});

test("what cannot be changed in place is made anew", async ({ loop }) => {
  await loop.create({ yaml: configMap("settings"), podReadinessMode: "Ignore" });
  await loop.ready();
  const first = (await loop.status()).deployedUIDs;
  let isRefused = true;
  loop.cluster.front.fault = ({ method, path }) => {
    if (method !== "PATCH" || !path.includes("settings") || !isRefused) return undefined;
    isRefused = false;
    return { code: 422, message: "data: field is immutable" };
  };
  await loop.change({ yaml: configMap("settings", { a: "2" }) });
  await expect
    .poll(async () => (await mapIn(loop.cluster.client, "settings"))?.data, WAIT)
    .toEqual({ a: "2" });
  await loop.ready();
  expect((await loop.status()).deployedUIDs).not.toEqual(first);
});

test("asked to, the same is applied once more; a stop is ignored, and said to be", async ({ loop }) => {
  await loop.create({ yaml: configMap("settings"), podReadinessMode: "Ignore" });
  await loop.ready();
  const ask = (value: string) =>
    loop.client.patch(K8sResource, NAME, { metadata: { annotations: { [TRIGGER_ANNOTATION]: value } } });
  await ask("once more");
  await expect.poll(() => loop.applied(), WAIT).toBe(2);
  await expect.poll(async () => (await loop.status()).observedTrigger, WAIT).toBe("once more");
  expect((await loop.status()).cause).toMatchObject({ type: "Trigger" });
  const stop = JSON.stringify({ type: "Stop", time: "2026-11-20T20:00:00.000000Z" });
  await ask(stop);
  await expect.poll(async () => (await loop.status()).observedTrigger, WAIT).toBe(stop);
  await expect
    .poll(() => loop.events(), WAIT)
    .toContainEqual(expect.objectContaining({ reason: "RequestIgnored" }));
  expect(loop.applied()).toBe(2);
});

test("asked for while the cluster fails, all of it is applied when it is back", async ({ loop }) => {
  await loop.create({ yaml: yaml(configMap("one"), configMap("two")), podReadinessMode: "Ignore" });
  await loop.ready();
  loop.cluster.front.fault = ({ method, path }) =>
    method === "PATCH" && path.includes("two") ? { code: 503, message: "etcd is away" } : undefined;
  await loop.client.patch(K8sResource, NAME, {
    metadata: { annotations: { [TRIGGER_ANNOTATION]: "again" } },
  });
  await loop.until("Applied", { status: "False", reason: "ClusterFailed" });
  const before = loop.applied(/two/);
  loop.cluster.front.fault = undefined;
  await loop.until("Applied", { status: "True" });
  expect(loop.applied(/two/)).toBe(before + 1);
});

test.for([
  [{ name: "x", namespace: 5 }, /metadata.namespace of the ConfigMap is no text: put it in quotes/],
  [{ name: "x", labels: ["a"] }, /metadata.labels of the ConfigMap are no names with values/],
  [{ name: 5 }, /the ConfigMap has no metadata.name/],
] as const)(
  "of metadata like %j it is said what is wrong, and nothing hangs",
  async ([metadata, message], { loop }) => {
    const text = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata });
    await loop.create({ yaml: text, podReadinessMode: "Ignore" });
    await loop.until("Applied", {
      status: "False",
      reason: "BadYAML",
      message: expect.stringMatching(message),
    });
  },
);

test("that there is no namespace is told, and it goes on when there is", async ({ loop }) => {
  const text = JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "x", namespace: "later" },
  });
  await loop.create({ yaml: text, podReadinessMode: "Ignore" });
  await loop.until("Applied", { status: "False", reason: "NoNamespace" });
  expect((await loop.condition("Applied")).message).toMatch(
    /kubectl --context kind-test create namespace later$/,
  );
  await loop.cluster.client.createObject(Namespace, { metadata: { name: "later" } });
  await loop.ready();
});
