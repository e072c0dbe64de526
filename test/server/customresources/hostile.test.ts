import { expect } from "vitest";
import type { StatusError } from "../../../apis/errors.ts";
import type { Registry } from "../../../server/registry/index.ts";
import { test } from "../../helpers/registry.ts";
import { Definition, problemsOf, servedKind, widget, widgets, withField, withRoot } from "./fixture.ts";

const times = <T>(count: number, item: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => item(i));
const fields = (count: number, schema: object) => Object.fromEntries(times(count, (i) => [`f${i}`, schema]));

/** What an object with this spec is refused for, under a definition of these fields. */
async function refusal(registry: Registry, properties: object, spec: object): Promise<string> {
  await registry.create({ kind: Definition }, widgets(properties), {});
  const created = registry.create({ kind: servedKind(registry), namespace: "default" }, widget(spec), {});
  return created.then(
    () => "",
    ({ code, message }: StatusError) => `${code} ${message}`,
  );
}

test("a definition of two hundred thousand mistakes is refused with a few of them", async ({ registry }) => {
  const problems = await problemsOf(registry, withRoot({ type: "object", properties: fields(200_000, {}) }));
  expect(problems.length).toBeLessThanOrEqual(100);
});

test("a definition of too many large patterns is refused", async ({ registry }) => {
  const properties = fields(2000, { type: "string", pattern: "^[a-z]{1,1000}$" });
  expect(await problemsOf(registry, withRoot({ type: "object", properties }))).toEqual([
    expect.stringContaining("has too many or too large patterns, defaults and rules"),
  ]);
});

test("a definition may be large without being costly", async ({ registry }) => {
  const leaf = {
    type: "string",
    pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    default: "a",
    description: "x".repeat(50),
  };
  expect(await problemsOf(registry, withField({ type: "object", properties: fields(5000, leaf) }))).toEqual(
    [],
  );
});

test("many items that each ask many schemas are refused", async ({ registry }) => {
  const anyOf = times(2000, (i) => ({ enum: [`value ${i}`] }));
  const list = { type: "array", items: { type: "string", anyOf } };
  const message = await refusal(registry, { list }, { list: times(50_000, () => "value 1999") });
  expect(message).toContain("would take too long");
});

test("a short object that would be given millions of defaults is refused", async ({ registry }) => {
  const items = { type: "object", properties: fields(2000, { type: "string", default: "x".repeat(100) }) };
  const message = await refusal(
    registry,
    { list: { type: "array", items } },
    { list: times(50_000, () => ({})) },
  );
  expect(message).toContain("would take too long");
});

test("texts that each cost much to match are refused together", async ({ registry }) => {
  const list = { type: "array", items: { type: "string", pattern: "(.{1,30}){1,30}z" } };
  const text = (from: number) =>
    String.fromCodePoint(...times(2000, (i) => 0x4e00 + ((from * 2000 + i) % 20_000)));
  const message = await refusal(registry, { list }, { list: times(200, text) });
  expect(message).toContain("would take too long");
});

const growing: [what: string, rule: string][] = [
  ["texts", "self.map(x, self.map(y, self.map(z, x + y + z).join('')).join('')).join('') != ''"],
  ["lists", "self.map(x, self + self).map(x, x + x).map(x, x + x).size() == -1"],
  [
    "formats",
    "self.map(x, '%s%s%s%s%s%s%s%s'.format([self, self, self, self, self, self, self, self])).join('') == ''",
  ],
  ["comparisons", "self.all(x, self.all(y, self == self))"],
  ["patterns", "self.all(x, self.all(y, !(x + y).matches('(.{1,30}){1,30}z')))"],
];

for (const [what, rule] of growing)
  test(`rules whose ${what} grow without end are ended`, async ({ registry }) => {
    const list = { type: "array", items: { type: "string" }, "x-kubernetes-validations": [{ rule }] };
    const message = await refusal(registry, { list }, { list: times(5000, (i) => `${i}`.repeat(20)) });
    expect(message).toMatch(/^422 .*(budget|too long)/);
  });

test("a rule that is as long as a definition may be is read, or refused", async ({ registry }) => {
  const rule = times(6000, (i) => `self != ${i}`).join(" && ");
  const rules = { "x-kubernetes-validations": times(20, () => ({ rule, message: "m" })) };
  const problems = await problemsOf(registry, withField({ type: "integer", ...rules }));
  expect(problems.length).toBeGreaterThan(0);
});
