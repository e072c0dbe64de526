import { describe, expect } from "vitest";
import { ALL_KINDS } from "../../../apis/index.ts";
import { CustomKinds } from "../../../server/customresources/index.ts";
import { createRegistry, type Registry } from "../../../server/registry/index.ts";
import { test as inRegistry } from "../../helpers/registry.ts";
import { test, type TestServer } from "../http/harness.ts";
import { Definition, servedKind, version, widget, widgets } from "./fixture.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const collection = (name: string) => `/apis/example.com/${name}/namespaces/default/widgets`;
const WIDGETS = collection("v1");
const MERGE = { "content-type": "application/merge-patch+json" };
const TABLE = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };

const ofSpec = (properties: object) => ({
  schema: { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties } } } },
});
const color = { color: { type: "string" } };
const both = { ...color, size: { type: "string" } };
const redefined = (versions: object[]) => ({ spec: { versions } });
const embedded = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

async function redefine(server: TestServer, versions: object[]): Promise<void> {
  const asked = { method: "PATCH", headers: MERGE, body: redefined(versions) };
  const { status, text } = await server.ask(`${DEFINITIONS}/widgets.example.com`, asked);
  expect([status, text]).toEqual([200, expect.anything()]);
}
const specsOf = (items: { spec: object }[]) => items.map(({ spec }) => spec);

describe("rule 76: a field that the served schema does not have", () => {
  test("is not shown, however one reads, so that what one reads can be written", async ({ server }) => {
    await server.ask(DEFINITIONS, { method: "POST", body: widgets(both) });
    await server.ask(WIDGETS, { method: "POST", body: widget({ color: "red", size: "big" }) });
    await redefine(server, [version(ofSpec(color))]);
    const { json } = await server.ask(`${WIDGETS}/one`);
    expect(json.spec).toEqual({ color: "red" });
    expect(specsOf((await server.ask(WIDGETS)).json.items as { spec: object }[])).toEqual([{ color: "red" }]);
    const { rows } = (await server.ask(`${WIDGETS}?includeObject=Object`, { headers: TABLE })).json;
    expect(rows[0].object.spec).toEqual({ color: "red" });
    const watch = await server.watch(`${WIDGETS}?watch=true`);
    const replaced = await server.ask(`${WIDGETS}/one?fieldValidation=Strict`, {
      method: "PUT",
      body: { ...json, metadata: { ...json.metadata, labels: { a: "b" } } },
    });
    expect([replaced.status, replaced.json.spec]).toEqual([200, { color: "red" }]);
    const applied = await server.ask(`${WIDGETS}/one?fieldManager=me&force=true`, {
      method: "PATCH",
      headers: { "content-type": "application/apply-patch+yaml" },
      body: widget({ color: "red" }),
    });
    expect([applied.status, applied.json.spec]).toEqual([200, { color: "red" }]);
    const told = (await watch.first(3)).map(({ object }) => object as { spec: object });
    expect(specsOf(told)).toEqual(Array.from({ length: 3 }, () => ({ color: "red" })));
    watch.stop();
  });

  test("is shown in the version that has it", async ({ server }) => {
    const versions = [
      version({ ...ofSpec(color), storage: false }),
      version({ name: "v2", ...ofSpec(both) }),
    ];
    await server.ask(DEFINITIONS, { method: "POST", body: widgets({}, {}, { versions }) });
    const watches = [
      await server.watch(`${WIDGETS}?watch=true`),
      await server.watch(`${collection("v2")}?watch=true`),
    ];
    const body = { ...widget({ color: "red", size: "big" }), apiVersion: "example.com/v2" };
    expect((await server.ask(collection("v2"), { method: "POST", body })).status).toBe(201);
    for (const [i, spec] of [{ color: "red" }, { color: "red", size: "big" }].entries()) {
      const path = collection(`v${i + 1}`);
      expect((await server.ask(`${path}/one`)).json.spec).toEqual(spec);
      expect(specsOf((await server.ask(path)).json.items as { spec: object }[])).toEqual([spec]);
      const [line] = await watches[i]!.first(1);
      expect(line!.object.spec).toEqual(spec);
      watches[i]!.stop();
    }
  });

  test("may be one of the metadata of an object within", async ({ server }) => {
    await server.ask(DEFINITIONS, { method: "POST", body: widgets({ template: embedded }) });
    const metadata = { name: "a", labels: "none", mine: 1 };
    const template = { apiVersion: "v1", kind: "Thing", metadata, data: {} };
    await server.ask(WIDGETS, { method: "POST", body: widget({ template }) });
    const isResource = { ...embedded, "x-kubernetes-embedded-resource": true };
    await redefine(server, [version(ofSpec({ template: isResource }))]);
    const { json } = await server.ask(`${WIDGETS}/one`);
    expect(json.spec.template).toEqual({ ...template, metadata: { name: "a" } });
    const asked = { method: "PUT", body: json as object };
    expect((await server.ask(`${WIDGETS}/one?fieldValidation=Strict`, asked)).status).toBe(200);
  });
});

const one = (registry: Registry) => ({ kind: servedKind(registry), namespace: "default", name: "one" });
const create = (registry: Registry, name: string, spec: object) =>
  registry.create(one(registry), { ...widget(spec), metadata: { name } }, {});

inRegistry(
  "what was written as the definition has it is sent as it is stored",
  async ({ registry, store }) => {
    await registry.create({ kind: Definition }, widgets(both), {});
    await create(registry, "one", { color: "red", size: "big" });
    const stored = () => store.list({ group: "example.com", plural: "widgets" });
    const shown = (from: Registry) => from.list({ kind: servedKind(from) }, {}).items;
    expect(shown(registry)[0]!.bytes).toBe(stored()[0]!.bytes);
    const target = { kind: Definition, namespace: "", name: "widgets.example.com" };
    const body = redefined([version(ofSpec(color))]);
    await registry.patch(target, { type: "merge", body }, {});
    await create(registry, "two", { color: "blue" });
    const restarted = createRegistry(store, new CustomKinds(store, ALL_KINDS));
    for (const each of [registry, restarted]) {
      const [old, recent] = shown(each);
      expect([old!.object["spec"], recent!.bytes]).toEqual([{ color: "red" }, stored()[1]!.bytes]);
      expect(recent!.bytes).toBe(stored()[1]!.bytes);
      // Made once, for everyone who asks.
      expect(shown(each)[0]).toBe(old);
    }
    // What says nothing else of them does not make them look different either.
    await registry.patch(one(registry), { type: "merge", body: { metadata: { labels: { a: "b" } } } }, {});
    expect(shown(registry)[0]!.bytes).toBe(stored()[0]!.bytes);
  },
);

inRegistry(
  "what an earlier definition of the name has left behind is shown as the next one has it",
  async ({ registry, store }) => {
    await registry.create({ kind: Definition }, widgets(both), {});
    await create(registry, "one", { color: "red", size: "big" });
    const target = { kind: Definition, namespace: "", name: "widgets.example.com" };
    await registry.delete(target, {});
    await registry.patch(target, { type: "merge", body: { metadata: { finalizers: null } } }, {});
    const names = { kind: "Gadget", plural: "widgets" };
    const versions = [version({ name: "v2", ...ofSpec(color) })];
    await registry.create({ kind: Definition }, widgets({}, {}, { names, versions }), {});
    for (const each of [registry, createRegistry(store, new CustomKinds(store, ALL_KINDS))]) {
      const { object } = each.get({ kind: servedKind(each, "v2"), namespace: "default", name: "one" });
      const { apiVersion, kind, spec } = object as typeof object & { spec: object };
      expect([apiVersion, kind, spec]).toEqual(["example.com/v2", "Gadget", { color: "red" }]);
    }
  },
);
