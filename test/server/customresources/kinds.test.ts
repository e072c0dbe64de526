import { expect } from "vitest";
import { ALL_KINDS } from "../../../apis/index.ts";
import { CustomKinds } from "../../../server/customresources/index.ts";
import { test } from "../../helpers/registry.ts";
import { Definition, servedKind, widget, widgets } from "./fixture.ts";

test("a kind is served as soon as its definition is answered", async ({ registry }) => {
  const before = registry.kinds.all();
  expect(registry.kinds.all()).toBe(before);
  const { object } = await registry.create({ kind: Definition }, widgets({ color: { type: "string" } }), {});
  expect(object).toMatchObject({
    metadata: { generation: 1, finalizers: ["customresourcecleanup.apiextensions.k8s.io"] },
    spec: { names: { singular: "widget", listKind: "WidgetList" } },
    status: { storedVersions: ["v1"], acceptedNames: { kind: "Widget" } },
  });
  const { conditions } = object["status"] as { conditions: object[] };
  expect(conditions).toMatchObject([
    { type: "NamesAccepted", status: "True" },
    { type: "Established", status: "True" },
  ]);
  const kind = servedKind(registry);
  expect(registry.kinds.all()).toEqual([...before, kind]);
  const written = await registry.create({ kind, namespace: "default" }, widget({ color: "red" }), {});
  expect(written.object).toMatchObject({ metadata: { generation: 1 }, spec: { color: "red" } });
});

test("kinds that did not change keep their identity, and are there again after a restart", async ({
  registry,
  store,
}) => {
  await registry.create({ kind: Definition }, widgets(), {});
  const all = registry.kinds.all();
  const target = { kind: Definition, namespace: "", name: "widgets.example.com" };
  const label = { type: "merge" as const, body: { metadata: { labels: { a: "b" } } } };
  await registry.patch(target, label, {});
  expect(registry.kinds.all()).toBe(all);
  const again = new CustomKinds(store, ALL_KINDS);
  expect(again.all()).toEqual(all);
});
