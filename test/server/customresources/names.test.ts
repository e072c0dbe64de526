import { expect } from "vitest";
import type { KubeObject } from "../../../apis/meta.ts";
import type { Registry } from "../../../server/registry/index.ts";
import { test } from "../../helpers/registry.ts";
import { Definition, widgets } from "./fixture.ts";

const gadgets = (names: object) => ({
  ...widgets({}, {}, { names: { kind: "Gadget", plural: "gadgets", ...names } }),
  metadata: { name: "gadgets.example.com" },
});
const create = async (registry: Registry, definition: object) =>
  (await registry.create({ kind: Definition }, definition, {})).object;
const target = (name: string) => ({ kind: Definition, namespace: "", name });

const verdicts = ({ status }: KubeObject) =>
  (
    status as { conditions: { type: string; status: string; reason: string; message: string }[] }
  ).conditions.map(({ type, status, reason, message }) => [type, status, reason, message]);

const isServed = (registry: Registry, plural: string) =>
  registry.kinds.find("example.com", "v1", plural) !== undefined;

const conflicts: [names: object, reason: string, name: string][] = [
  [{ kind: "Widget", listKind: "GadgetList" }, "KindConflict", "Widget"],
  [{ listKind: "WidgetList" }, "ListKindConflict", "WidgetList"],
  [{ singular: "widget" }, "SingularConflict", "widget"],
  [{ shortNames: ["g", "widgets"] }, "ShortNamesConflict", "widgets"],
];

for (const [names, reason, name] of conflicts)
  test(`${reason}: a definition with a name that another has is not served, and says so at once`, async ({
    registry,
  }) => {
    await create(registry, widgets());
    const object = await create(registry, gadgets(names));
    expect(verdicts(object)).toEqual([
      ["NamesAccepted", "False", reason, `"${name}" is already in use`],
      ["Established", "False", "NotAccepted", "not all names are accepted"],
    ]);
    expect(isServed(registry, "gadgets")).toBe(false);
    expect(isServed(registry, "widgets")).toBe(true);
  });

test("a definition is served when the one that has its names is gone", async ({ registry }) => {
  await create(registry, widgets());
  await create(registry, gadgets({ shortNames: ["widget"] }));
  expect(isServed(registry, "gadgets")).toBe(false);
  await registry.patch(
    target("widgets.example.com"),
    { type: "merge", body: { metadata: { finalizers: null } } },
    {},
  );
  await registry.delete(target("widgets.example.com"), {});
  await registry.patch(
    target("widgets.example.com"),
    { type: "merge", body: { metadata: { finalizers: null } } },
    {},
  );
  await expect.poll(() => isServed(registry, "gadgets")).toBe(true);
  const { object } = registry.get(target("gadgets.example.com"));
  expect(verdicts(object)).toEqual([
    ["NamesAccepted", "True", "NoConflicts", "no conflicts found"],
    ["Established", "True", "InitialNamesAccepted", "the initial names have been accepted"],
  ]);
  expect(registry.kinds.find("example.com", "v1", "gadgets")?.short).toEqual(["widget"]);
});

test("a definition that is served stays so under the names that it has, when it asks for taken ones", async ({
  registry,
}) => {
  await create(registry, widgets());
  await create(registry, gadgets({ shortNames: ["g"] }));
  const body = { spec: { names: { shortNames: ["widget"] } } };
  const { object } = await registry.patch(target("gadgets.example.com"), { type: "merge", body }, {});
  expect(verdicts(object)).toMatchObject([
    ["NamesAccepted", "False", "ShortNamesConflict", '"widget" is already in use'],
    ["Established", "True", "InitialNamesAccepted", expect.anything()],
  ]);
  expect(registry.kinds.find("example.com", "v1", "gadgets")?.short).toEqual(["g"]);
});

test("names are taken within a group only", async ({ registry }) => {
  await create(registry, widgets());
  const other = {
    ...widgets({}, {}, { group: "other.com" }),
    metadata: { name: "widgets.other.com" },
  };
  await create(registry, other);
  expect(registry.kinds.find("other.com", "v1", "widgets")).toBeDefined();
});
