import { expect, test } from "vitest";
import { ALL_KINDS } from "../../../apis/index.ts";
import { isReadOnly } from "../../../apis/kind.ts";
import { appliedSet, type FieldSchema, objectTypeOf } from "../../../server/fieldmanager/index.ts";
import { pathsOf, printPath } from "../../../server/fieldmanager/fieldset.ts";

interface Schema extends FieldSchema {
  required?: string[];
  anyOf?: Schema[];
}

/** Every list in a schema whose items are told apart by keys. */
function keyedLists(schema: Schema): Schema[] {
  const { properties = {}, patternProperties = {}, items, anyOf = [], definitions = {} } = schema;
  const below = [properties, patternProperties, definitions].flatMap((map) => Object.values(map));
  const inside = [...below, ...anyOf, ...(items ? [items] : [])].flatMap((each) => keyedLists(each));
  return schema["x-kubernetes-list-type"] === "map" ? [schema, ...inside] : inside;
}

test("rule 15: the keys of every list of every kind that can be written are always there", () => {
  const written = ALL_KINDS.filter((kind) => !isReadOnly(kind));
  const lists = written.flatMap((kind) => keyedLists(kind.schema as unknown as Schema));
  expect(lists.length).toBeGreaterThan(10);
  for (const { items, "x-kubernetes-list-map-keys": keys = [] } of lists) {
    const { properties = {}, required = [] } = items as Schema;
    expect(keys.length).toBeGreaterThan(0);
    const missing = keys.filter((key) => !required.includes(key) && properties[key]?.default === undefined);
    expect(missing).toEqual([]);
  }
});

const owned = (kind: string, fields: object): string[] => {
  const { schema } = ALL_KINDS.find((each) => each.kind === kind)!;
  return [...pathsOf(appliedSet(objectTypeOf(schema as unknown as FieldSchema), fields))].map(printPath);
};

test("rule 69: dependencies, ports and paths are owned one by one, commands and selectors as a whole", () => {
  const process = {
    argv: ["a", "b"],
    ports: [{ name: "http", port: 80 }],
    dependsOn: [{ kind: "LocalProcess", name: "db" }],
    restartOn: { fileWatches: ["src"], selector: { a: "b" } },
  };
  expect(owned("LocalProcess", { spec: process })).toEqual([
    ".spec.argv",
    '.spec.dependsOn[condition="Ready",kind="LocalProcess",name="db"]',
    '.spec.dependsOn[condition="Ready",kind="LocalProcess",name="db"].kind',
    '.spec.dependsOn[condition="Ready",kind="LocalProcess",name="db"].name',
    '.spec.ports[name="http"]',
    '.spec.ports[name="http"].name',
    '.spec.ports[name="http"].port',
    ".spec.restartOn.selector",
    '.spec.restartOn.fileWatches[="src"]',
  ]);
  expect(
    owned("FileWatch", { spec: { paths: ["src"], ignores: ["a"], selector: { matchLabels: {} } } }),
  ).toEqual([".spec.ignores", ".spec.selector", '.spec.paths[="src"]']);
  expect(owned("Event", { involvedObject: { kind: "A", name: "b" } })).toEqual([".involvedObject"]);
});

test("a schema that refers to itself is followed as far as the value goes", () => {
  const openAPIV3Schema = {
    type: "object",
    properties: { a: { type: "array", items: { type: "string" } } },
  };
  const version = { name: "v1", served: true, storage: true, schema: { openAPIV3Schema } };
  expect(owned("CustomResourceDefinition", { spec: { versions: [version] } })).toEqual([".spec.versions"]);
  const { schema } = ALL_KINDS.find(({ kind }) => kind === "CustomResourceDefinition")!;
  const { definitions = {} } = schema as unknown as FieldSchema;
  const [name] = Object.keys(definitions);
  const type = objectTypeOf({ properties: { x: { $ref: `#/definitions/${name}` } }, definitions });
  expect([...pathsOf(appliedSet(type, { x: openAPIV3Schema }))].map(printPath)).toEqual([
    ".x.type",
    ".x.properties.a",
    ".x.properties.a.type",
    ".x.properties.a.items.type",
  ]);
});
