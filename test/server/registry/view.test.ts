import { expect } from "vitest";
import type { Kind } from "../../../apis/kind.ts";
import type { KubeObject } from "../../../apis/meta.ts";
import { watchObjects } from "../../../server/watch/index.ts";
import { kind, test } from "../../helpers/registry.ts";

const ConfigMap = kind("ConfigMap");
const configMaps = { kind: ConfigMap, namespace: "default" };

/** ConfigMaps as they would be in another version, in which `data` is called `entries`. */
const renamed = (from: string, to: string, apiVersion: string, object: KubeObject): KubeObject => {
  const { [from]: value, ...rest } = object;
  return { ...rest, apiVersion, ...(value !== undefined && { [to]: value }) } as KubeObject;
};
const Setting: Kind = {
  ...ConfigMap,
  version: "v2",
  schema: {
    ...ConfigMap.schema,
    properties: { entries: ConfigMap.schema.properties["data"]! },
  },
  selectableFields: { "entries.a": ".entries.a" },
  view: {
    of: { group: "", plural: "configmaps" },
    read: (stored) => renamed("data", "entries", "v2", stored),
    write: (object) => renamed("entries", "data", "v1", object),
  },
};
const settings = { kind: Setting, namespace: "default" };
const target = { ...settings, name: "one" };

test("what is written in one version of a kind is read in every other", async ({ registry }) => {
  await registry.create(settings, { metadata: { name: "one" }, entries: { a: "1" } }, {});
  expect(registry.get({ ...configMaps, name: "one" }).object).toMatchObject({
    apiVersion: "v1",
    data: { a: "1" },
  });
  const { object, bytes } = registry.get(target);
  expect(object).toMatchObject({ apiVersion: "v2", entries: { a: "1" } });
  expect(JSON.parse(bytes.toString())).toEqual(object);
  // Everyone is handed the same one.
  expect(registry.get(target).object).toBe(object);
  expect(Object.isFrozen(object) && Object.isFrozen(object["entries"])).toBe(true);
  expect(registry.list(settings, { fieldSelector: "entries.a=1" }).items).toHaveLength(1);
  expect(registry.list(settings, { fieldSelector: "entries.a!=1" }).items).toHaveLength(0);
});

test("a patch is about the version that it names, and keeps what it does not name", async ({ registry }) => {
  await registry.create(configMaps, { metadata: { name: "one" }, data: { a: "1", b: "2" } }, {});
  const body = { entries: { a: null, c: "3" } };
  const patched = await registry.patch(target, { type: "merge", body }, {});
  expect(patched.object).toMatchObject({ apiVersion: "v2", entries: { b: "2", c: "3" } });
  expect(registry.get({ ...configMaps, name: "one" }).object["data"]).toEqual({ b: "2", c: "3" });
  const again = await registry.patch(target, { type: "merge", body: { entries: { c: "3" } } }, {});
  expect(again.object.metadata.resourceVersion).toBe(patched.object.metadata.resourceVersion);
});

test("a watch of one version tells what is written in another", async ({ registry, store }) => {
  const seen: unknown[] = [];
  const events = watchObjects(store, Setting, { fieldSelector: "entries.a=1" })[Symbol.asyncIterator]();
  const next = async () => {
    const { type, object } = (await events.next()).value!;
    seen.push([type, object.apiVersion, object["entries"]]);
  };
  const first = next();
  await registry.create(configMaps, { metadata: { name: "one" }, data: { a: "1" } }, {});
  await first;
  await registry.patch({ ...configMaps, name: "one" }, { type: "merge", body: { data: { a: "2" } } }, {});
  await next();
  await events.return?.();
  expect(seen).toEqual([
    ["ADDED", "v2", { a: "1" }],
    ["DELETED", "v2", { a: "1" }],
  ]);
});
