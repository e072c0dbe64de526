import { expect, test } from "vitest";
import { explainText } from "../../cmd/explain/text.ts";
import type { ResourceType } from "../../cmd/resources/types.ts";

const TYPE = { group: "example.com", version: "v1", kind: "Tree" } as ResourceType;

test("a definition that refers to itself is listed once within itself", () => {
  const node = { $ref: "#/components/schemas/com.example.Node" };
  const Node = {
    properties: {
      name: { type: "string" },
      left: node,
      children: { type: "array", items: node },
      byName: { type: "object", additionalProperties: node },
    },
  };
  const root = { properties: { first: { allOf: [node] }, second: node } };
  const text = explainText(
    TYPE,
    { root, schemas: { "com.example.Node": Node } },
    { fields: [], recursive: true },
  );
  expect(text.slice(text.indexOf("FIELDS")).replaceAll("\t", " ")).toBe(
    ["first", "second"].reduce(
      (lines, name) => `${lines}
  ${name} <Node>
    byName <map[string]Node>
    children <[]Node>
    left <Node>
    name <string>`,
      "FIELDS:",
    ) + "\n\n",
  );
});
