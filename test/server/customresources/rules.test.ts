import { expect } from "vitest";
import type { StatusError } from "../../../apis/errors.ts";
import type { Registry } from "../../../server/registry/index.ts";
import { test } from "../../helpers/registry.ts";
import {
  A,
  AT,
  Definition,
  problemsOf,
  servedKind,
  widget,
  widgets,
  withField,
  withRoot,
} from "./fixture.ts";

const rules = (...all: (string | object)[]) => ({
  "x-kubernetes-validations": all.map((rule) => (typeof rule === "string" ? { rule } : rule)),
});
const inDefault = (registry: Registry) => ({ kind: servedKind(registry), namespace: "default" });

async function refusalOf(promise: Promise<unknown>): Promise<string[]> {
  const error = await promise.then(
    () => undefined,
    (thrown: StatusError) => thrown,
  );
  return (error?.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
}

test("objects are held to the rules of their definition, at every depth", async ({ registry }) => {
  const item = { type: "object", properties: { n: { type: "integer", ...rules("self > 0") } } };
  const properties = {
    min: { type: "integer" },
    max: { type: "integer" },
    list: { type: "array", items: item },
    map: {
      type: "object",
      additionalProperties: { type: "string", ...rules({ rule: "self != 'bad'", message: "not bad" }) },
    },
  };
  const spec = {
    type: "object",
    properties,
    ...rules({ rule: "self.min <= self.max", message: "min above max" }),
  };
  const root = { type: "object", properties: { spec }, ...rules("self.metadata.name.startsWith('w')") };
  await registry.create({ kind: Definition }, widgets({}, { schema: { openAPIV3Schema: root } }), {});
  const create = (name: string, spec: object) =>
    refusalOf(registry.create(inDefault(registry), { ...widget(spec), metadata: { name } }, {}));
  expect(await create("w1", { min: 1, max: 2, list: [{ n: 1 }], map: { a: "b" } })).toEqual([]);
  expect(await create("x", { min: 3, max: 2, list: [{ n: 1 }, { n: 0 }], map: { a: "bad" } })).toEqual([
    `<nil>: Invalid value: "object": failed rule: self.metadata.name.startsWith('w')`,
    'spec: Invalid value: "object": min above max',
    'spec.list[1].n: Invalid value: "integer": failed rule: self > 0',
    'spec.map.a: Invalid value: "string": not bad',
  ]);
});

test("a field that must not change is held to what is stored", async ({ registry }) => {
  const properties = {
    color: { type: "string", ...rules({ rule: "self == oldSelf", message: "color is immutable" }) },
    size: { type: "string" },
  };
  await registry.create({ kind: Definition }, widgets(properties), {});
  await registry.create(inDefault(registry), widget({ color: "red" }), {});
  const target = { ...inDefault(registry), name: "one" };
  const patch = (spec: object) => registry.patch(target, { type: "merge", body: { spec } }, {});
  await patch({ size: "big" });
  expect(await refusalOf(patch({ color: "blue" }))).toEqual([
    'spec.color: Invalid value: "string": color is immutable',
  ]);
});

test("rules that came later leave what does not change alone", async ({ registry }) => {
  await registry.create(
    { kind: Definition },
    widgets({ a: { type: "integer" }, b: { type: "integer" } }),
    {},
  );
  await registry.create(inDefault(registry), widget({ a: 0 }), {});
  const { versions } = widgets({ a: { type: "integer", ...rules("self > 0") }, b: { type: "integer" } }).spec;
  const definition = { kind: Definition, namespace: "", name: "widgets.example.com" };
  await registry.patch(definition, { type: "merge", body: { spec: { versions } } }, {});
  const target = { ...inDefault(registry), name: "one" };
  const patch = (spec: object) => registry.patch(target, { type: "merge", body: { spec } }, {});
  await patch({ b: 1 });
  expect(await refusalOf(patch({ a: -1 }))).toHaveLength(1);
});

const integers = { type: "array", items: { type: "integer" } };

const refused: [what: string, definition: object, problem: string][] = [
  [
    "a field that there is not",
    withField({ type: "object", properties: { b: { type: "string" } }, ...rules("self.c == 'x'") }),
    `${A}.x-kubernetes-validations[0].rule: Invalid value: "self.c == 'x'": compilation failed: undefined field 'c'`,
  ],
  [
    "bad syntax",
    withField({ type: "string", ...rules("self ==") }),
    `${A}.x-kubernetes-validations[0].rule: Invalid value: "self ==": compilation failed: Syntax error`,
  ],
  [
    "an unknown function",
    withField({ type: "string", ...rules("nope(self)") }),
    "compilation failed: undeclared reference to 'nope'",
  ],
  [
    "labels at the root",
    withRoot({ type: "object", ...rules("has(self.metadata.labels)") }),
    `${AT}.x-kubernetes-validations[0].rule: Invalid value`,
  ],
  [
    "the old value of an item that cannot be found again",
    withField({ ...integers, items: { type: "integer", ...rules("self == oldSelf") } }),
    "oldSelf cannot be used on the uncorrelatable portion of the schema",
  ],
  [
    "optionalOldSelf without oldSelf",
    withField({ type: "string", ...rules({ rule: "true", optionalOldSelf: true }) }),
    `${A}.x-kubernetes-validations[0].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule`,
  ],
  [
    "a message expression that is none",
    withField({ type: "string", ...rules({ rule: "true", messageExpression: "self.b" }) }),
    `${A}.x-kubernetes-validations[0].messageExpression: Invalid value`,
  ],
  [
    "a default that breaks a rule",
    withField({ type: "string", default: "x", ...rules("self != 'x'") }),
    `${A}.default: Invalid value: "string": failed rule: self != 'x'`,
  ],
  [
    "an unknown reason",
    withField({ type: "string", ...rules({ rule: "true", reason: "Nope" }) }),
    `${A}.x-kubernetes-validations[0].reason: Unsupported value: "Nope"`,
  ],
];

for (const [what, definition, problem] of refused)
  test(`a definition whose rules have ${what} is refused`, async ({ registry }) => {
    expect(await problemsOf(registry, definition)).toEqual([expect.stringContaining(problem)]);
  });

test("who writes a definition is warned of rules and formats that are not enforced", async ({ registry }) => {
  const properties = {
    a: { type: "string", format: "nobody-knows", ...rules("self.find('x') == 'x'", "self != ''") },
  };
  const { warnings } = await registry.create({ kind: Definition }, widgets(properties), {});
  expect(warnings).toEqual([
    'version v1: unrecognized format "nobody-knows"',
    "version v1: 1 of its x-kubernetes-validations are not enforced; they call find",
  ]);
  const { object } = await registry.create(inDefault(registry), widget({ a: "y" }), {});
  expect(object["spec"]).toEqual({ a: "y" });
  expect(
    await refusalOf(
      registry.create(inDefault(registry), { ...widget({ a: "" }), metadata: { name: "b" } }, {}),
    ),
  ).toHaveLength(1);
});
