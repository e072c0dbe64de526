import { expect, test } from "vitest";
import { ALL_KINDS } from "../../../apis/index.ts";
import type { Kind } from "../../../apis/kind.ts";
import { custom, get, jsonAt, operationsAt } from "./helpers.ts";

const V2 = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

/** A kind that counts how often its schema is looked at. */
function counted(group: string): { kind: Kind; looks: () => number } {
  const { schema, ...rest } = custom({ type: "object", properties: { spec: { type: "object" } } }, { group });
  let looks = 0;
  const kind = Object.defineProperty(rest, "schema", {
    enumerable: true,
    get() {
      looks++;
      return schema;
    },
  }) as Kind;
  return { kind, looks: () => looks };
}

function askAll(kinds: readonly Kind[]): void {
  for (const path of ["/openapi/v3", "/openapi/v2"]) get(path, { kinds })!.bytes();
  get("/openapi/v2", { kinds, accept: V2 })!.bytes();
}

test("a kind is written once in each form, however many others come and go", () => {
  const { kind, looks } = counted("example.com");
  let kinds = [...ALL_KINDS, kind];
  askAll(kinds);
  const once = looks();
  expect(once).toBeGreaterThan(0);
  for (let i = 0; i < 20; i++) {
    kinds = [...kinds, custom({ type: "object" }, { plural: `things${i}`, kind: `Thing${i}` })];
    askAll(kinds);
  }
  expect(looks()).toBe(once);
  expect(Object.keys(jsonAt("/openapi/v2", { kinds }).definitions as object)).toEqual(
    expect.arrayContaining(["com.example.v1.Thing0", "com.example.v1.Thing19", "com.example.v1.Widget"]),
  );
});

test("operations of a deprecated version say so", () => {
  const ask = (kind: Kind) => operationsAt("apis/example.com/v1", { kinds: [kind] });
  const definition = { uid: "1", generation: 1 };
  const deprecated = { custom: { definition, isTerminating: false, deprecationWarning: "Use v2." } };
  for (const operation of ask(custom({ type: "object" }, deprecated))) {
    expect(operation).toMatchObject({ deprecated: true });
  }
  for (const operation of ask(custom({ type: "object" }))) expect(operation).not.toHaveProperty("deprecated");
});
