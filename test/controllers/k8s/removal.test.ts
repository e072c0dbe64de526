import { expect } from "vitest";
import { CustomResourceDefinition } from "../../../apis/apiextensions/index.ts";
import { ConfigMap, Namespace } from "../../../apis/core/index.ts";
import { K8sResource } from "../../../apis/v1alpha1/index.ts";
import { definitionOf } from "./cluster/kinds.ts";
import { configMap, type Loop, NAME, test, WAIT, yaml } from "./fixture.ts";

const mapNamed = (loop: Loop, name: string, namespace = "default"): Promise<ConfigMap | undefined> =>
  loop.cluster.client.get(ConfigMap, { namespace, name });

const withMetadata = (text: string, metadata: object): string => {
  const object = JSON.parse(text) as { metadata: object };
  return JSON.stringify({ ...object, metadata: { ...object.metadata, ...metadata } });
};

const namespace = (annotations: object = {}): string =>
  JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop", annotations } });
const definition = JSON.stringify(definitionOf("example.com", "Widget"));
const WIDGETS = "widgets.example.com";

const deleted = (loop: Loop) => expect.poll(() => loop.client.get(K8sResource, NAME), WAIT).toBeUndefined();

test("a namespace and a definition stay, with what others have in them, and it is said how to delete them", async ({
  loop,
}) => {
  const ours = withMetadata(configMap("ours"), { namespace: "shop" });
  await loop.create({ yaml: yaml(namespace(), definition, ours), podReadinessMode: "Ignore" });
  await loop.ready();
  await loop.cluster.client.createObject(ConfigMap, { metadata: { namespace: "shop", name: "theirs" } });
  await loop.change({ yaml: ours });
  await expect.poll(async () => (await loop.status()).dropped, WAIT).toBeUndefined();
  await loop.client.delete(K8sResource, NAME);
  await deleted(loop);
  expect(await mapNamed(loop, "theirs", "shop")).toBeDefined();
  expect(await mapNamed(loop, "ours", "shop")).toBeUndefined();
  expect(await loop.cluster.client.get(CustomResourceDefinition, WIDGETS)).toBeDefined();
  const message = expect.stringMatching(
    /^Namespace\/shop .*stays with all that is in it: .*down-policy=delete/,
  );
  await expect.poll(() => loop.events(), WAIT).toContainEqual(expect.objectContaining({ message }));
});

test("a namespace that is marked to be deleted goes with the object", async ({ loop }) => {
  const marked = namespace({ "tiltish.dev/down-policy": "delete" });
  await loop.create({ yaml: yaml(marked, configMap("one")), podReadinessMode: "Ignore" });
  await loop.ready();
  await loop.client.delete(K8sResource, NAME);
  await deleted(loop);
  expect(await loop.cluster.client.get(Namespace, "shop")).toBeUndefined();
});

const held = withMetadata(configMap("held"), { finalizers: ["example.com/nobody"] });

const release = (loop: Loop) =>
  loop.cluster.client.patch(
    ConfigMap,
    { namespace: "default", name: "held" },
    { metadata: { finalizers: null } },
  );

test("K8S-8: what a finalizer holds keeps neither the rest from being deleted, nor what is new from being ready", async ({
  loop,
}) => {
  const many = Array.from({ length: 12 }, (_, i) => configMap(`many-${i}`));
  await loop.create({ yaml: yaml(configMap("one"), ...many, held), podReadinessMode: "Ignore" });
  await loop.ready();
  await loop.change({ yaml: configMap("two") });
  await loop.until("Pruned", { status: "False", reason: "TakesLong" });
  expect((await loop.condition("Pruned")).message).toMatch(
    /^ConfigMap\/held in default .*finalizers example.com\/nobody hold it; .*kubectl --context kind-test -n default patch configmap\/held/,
  );
  await loop.ready();
  expect(await mapNamed(loop, "one")).toBeUndefined();
  expect(await mapNamed(loop, "many-0")).toBeUndefined();
  await loop.change({ yaml: yaml(configMap("two"), configMap("three")) });
  await expect.poll(() => mapNamed(loop, "three"), WAIT).toBeDefined();
  await release(loop);
  await expect.poll(() => loop.condition("Pruned"), WAIT).toEqual({});
  expect((await loop.status()).dropped).toBeUndefined();
});

test("K8S-6: of what is deleted with the object, one that a finalizer holds is told by name, and the rest goes", async ({
  loop,
}) => {
  await loop.create({ yaml: yaml(configMap("one"), held, configMap("two")), podReadinessMode: "Ignore" });
  await loop.ready();
  await loop.client.delete(K8sResource, NAME);
  await expect.poll(() => mapNamed(loop, "one"), WAIT).toBeUndefined();
  await expect.poll(() => mapNamed(loop, "two"), WAIT).toBeUndefined();
  await expect
    .poll(async () => (await loop.status()).deployed?.map(({ name }) => name), WAIT)
    .toEqual(["held"]);
  await release(loop);
  await deleted(loop);
});

test("K8S-7: enabled again in the middle of a removal, all of it is applied again", async ({ loop }) => {
  await loop.create({ yaml: yaml(configMap("one"), held), podReadinessMode: "Ignore" });
  await loop.ready();
  await loop.change({ disabled: true });
  await expect.poll(() => mapNamed(loop, "one"), WAIT).toBeUndefined();
  await loop.change({ disabled: false });
  await expect.poll(() => mapNamed(loop, "one"), WAIT).toBeDefined();
  await release(loop);
  await loop.ready();
  expect((await mapNamed(loop, "held"))?.metadata.deletionTimestamp).toBeUndefined();
});

test("what is being deleted is not applied to: it is made anew when it is gone", async ({ loop }) => {
  await loop.create({ yaml: held, podReadinessMode: "Ignore" });
  await loop.ready();
  const name = { namespace: "default", name: "held" };
  const before = await mapNamed(loop, "held");
  await loop.cluster.client.delete(ConfigMap, name);
  const get = () => loop.cluster.front.count("GET", /configmaps\/held$/);
  const asked = get();
  await loop.change({
    yaml: withMetadata(configMap("held", { a: "2" }), { finalizers: ["example.com/nobody"] }),
  });
  await expect.poll(get, WAIT).toBeGreaterThan(asked);
  await release(loop);
  await loop.ready();
  await expect.poll(async () => (await mapNamed(loop, "held"))?.data, WAIT).toEqual({ a: "2" });
  expect((await mapNamed(loop, "held"))?.metadata.uid).not.toBe(before?.metadata.uid);
});

test("that something is not there is believed to the API server, and to no proxy before it", async ({
  loop,
}) => {
  const widget = JSON.stringify({
    apiVersion: "example.com/v1",
    kind: "Widget",
    metadata: { name: "w" },
    spec: { size: 1 },
  });
  await loop.create({ yaml: yaml(definition, widget, configMap("one")), podReadinessMode: "Ignore" });
  await loop.ready();
  loop.cluster.front.fault = ({ path }) =>
    /widgets\/w|configmaps\/one/.test(path) ? { code: 404, message: "404 page not found" } : undefined;
  await loop.client.delete(K8sResource, NAME);
  await expect
    .poll(async () => (await loop.status()).message, WAIT)
    .toMatch(/is not the API server of a cluster, but perhaps a proxy/);
  loop.cluster.front.fault = undefined;
  await deleted(loop);
  expect(await mapNamed(loop, "one")).toBeUndefined();
  const found = await fetchWidget(loop);
  expect(found).toBe(404);
});

const fetchWidget = async (loop: Loop): Promise<number> => {
  const path = "/apis/example.com/v1/namespaces/default/widgets/w";
  return (await loop.cluster.request(path)).code;
};

test("what is of a kind whose definition is gone is gone", async ({ loop }) => {
  const widget = JSON.stringify({
    apiVersion: "example.com/v1",
    kind: "Widget",
    metadata: { name: "w" },
    spec: {},
  });
  await loop.create({ yaml: yaml(definition, widget), podReadinessMode: "Ignore" });
  await loop.ready();
  await loop.cluster.client.delete(CustomResourceDefinition, WIDGETS);
  await expect.poll(() => loop.cluster.client.get(CustomResourceDefinition, WIDGETS), WAIT).toBeUndefined();
  await loop.client.delete(K8sResource, NAME);
  await deleted(loop);
});
