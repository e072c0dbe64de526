import { expect } from "vitest";
import type { Listed, Registry } from "../../../server/registry/index.ts";
import { kind, test } from "../../helpers/registry.ts";

const processes = { kind: kind("LocalProcess"), namespace: "default" };
const everywhere = { kind: kind("LocalProcess") };

const create = (registry: Registry, name: string, namespace = "default", labels = {}) =>
  registry.create(
    { ...processes, namespace },
    {
      apiVersion: "tiltish.dev/v1alpha1",
      kind: "LocalProcess",
      metadata: { name, labels },
      spec: { argv: ["a"] },
    },
    {},
  );
const names = ({ items }: Listed) => items.map(({ key }) => `${key.namespace}/${key.name}`);

test("rule 77: lists are sorted by namespace and name, bytewise", async ({ registry }) => {
  for (const name of ["b", "a-b", "a.b", "a", "a0"]) await create(registry, name);
  await create(registry, "z", "other");
  expect(names(registry.list(everywhere, {}))).toEqual([
    "default/a",
    "default/a-b",
    "default/a.b",
    "default/a0",
    "default/b",
    "other/z",
  ]);
});

test("rules 56 and 57: a list shows every answered write and is at least as new", async ({ registry }) => {
  const { object } = await create(registry, "a");
  const listed = registry.list(processes, {});
  expect(names(listed)).toEqual(["default/a"]);
  expect(listed.revision).toBeGreaterThanOrEqual(Number(object.metadata.resourceVersion));
});

test("rule 79: all pages show the state of the first one", async ({ registry }) => {
  for (const name of ["a", "b", "c", "d", "e"]) await create(registry, name);
  const first = registry.list(processes, { limit: 2 });
  expect(first).toMatchObject({ remainingItemCount: 3 });
  await registry.delete({ ...processes, name: "d" }, {});
  await create(registry, "bb");
  const second = registry.list(processes, { limit: 2, continue: first.continue });
  const third = registry.list(processes, { limit: 2, continue: second.continue });
  expect([first, second, third].flatMap(names)).toEqual(
    ["a", "b", "c", "d", "e"].map((name) => `default/${name}`),
  );
  expect(second.revision).toBe(first.revision);
  expect(third.continue).toBeUndefined();
});

test.for(["nonsense", "e30", ""])(
  "rule 79: %j is refused as a token, or none",
  async (token, { registry }) => {
    const run = () => registry.list(processes, { limit: 2, continue: token });
    if (token === "") expect(run).not.toThrow();
    else expect(run).toThrow("continue key is not valid");
  },
);

test("rule 78: Exact shows the state of that revision, and the future is a timeout", async ({
  registry,
  store,
}) => {
  const { object } = await create(registry, "a");
  await create(registry, "b");
  const then = { resourceVersion: object.metadata.resourceVersion!, resourceVersionMatch: "Exact" as const };
  expect(registry.list(processes, then)).toMatchObject({ revision: Number(then.resourceVersion) });
  expect(names(registry.list(processes, then))).toEqual(["default/a"]);
  expect(() => registry.list(processes, { resourceVersion: String(store.revision + 100) })).toThrow(
    expect.objectContaining({
      code: 504,
      message: expect.stringContaining("Too large resource version") as string,
    }) as Error,
  );
});

test.for([
  { resourceVersionMatch: "Exact" },
  { resourceVersionMatch: "Exact", resourceVersion: "0" },
  { resourceVersionMatch: "Sometimes", resourceVersion: "1" },
])("rule 78: %j is refused", async (options, { registry }) => {
  expect(() => registry.list(processes, options as object)).toThrow(
    expect.objectContaining({ code: 422 }) as Error,
  );
});

test.for([
  ["app=web", ["a"]],
  ["app!=web", ["b", "c"]],
  ["app in (web, db)", ["a", "b"]],
  ["app notin (web)", ["b", "c"]],
  ["app", ["a", "b"]],
  ["!app", ["c"]],
  ["app==db,tier=back", ["b"]],
] as const)("rule 81: the label selector %j selects %j", async ([labelSelector, expected], { registry }) => {
  await create(registry, "a", "default", { app: "web" });
  await create(registry, "b", "default", { app: "db", tier: "back" });
  await create(registry, "c");
  expect(registry.list(processes, { labelSelector }).items.map(({ key }) => key.name)).toEqual(expected);
});

test.for(["a=b=c", "=x", "a in b", "a in (b", "!", "a b", "a=b c"])(
  "rule 81: the label selector %j is a bad request",
  async (labelSelector, { registry }) => {
    expect(() => registry.list(processes, { labelSelector })).toThrow(
      expect.objectContaining({ code: 400 }) as Error,
    );
  },
);

test("rule 81: field selectors know name and namespace, and refuse other fields", async ({ registry }) => {
  await create(registry, "a");
  await create(registry, "b");
  await create(registry, "a", "other");
  expect(names(registry.list(everywhere, { fieldSelector: "metadata.name=a" }))).toEqual([
    "default/a",
    "other/a",
  ]);
  expect(names(registry.list(processes, { fieldSelector: "metadata.name!=a" }))).toEqual(["default/b"]);
  expect(names(registry.list(processes, { fieldSelector: "metadata.name=a" }))).toEqual(["default/a"]);
  expect(() => registry.list(processes, { fieldSelector: "spec.argv=a" })).toThrow(
    "field label not supported: spec.argv",
  );
});

test("rule 82: events can be asked for by the object that they are about", async ({ registry }) => {
  const events = { kind: kind("Event"), namespace: "default" };
  for (const name of ["web", "db"]) {
    const involvedObject = { kind: "LocalProcess", name, namespace: "default", uid: `uid-${name}` };
    await registry.create(events, { metadata: { name: `${name}.1` }, involvedObject, reason: "Started" }, {});
  }
  const fieldSelector = "involvedObject.name=web,involvedObject.kind=LocalProcess,involvedObject.uid=uid-web";
  expect(registry.list(events, { fieldSelector }).items).toHaveLength(1);
});
