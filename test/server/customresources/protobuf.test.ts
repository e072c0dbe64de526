import { expect } from "vitest";
import { bytes, entry, envelope, integer, message, TYPE } from "../../helpers/protobuf.ts";
import { test } from "../http/harness.ts";

const double = (field: number, value: number): Buffer => {
  const number = Buffer.alloc(8);
  number.writeDoubleLE(value);
  return Buffer.concat([Buffer.from([field * 8 + 1]), number]);
};
const json = (value: unknown) => bytes(1, JSON.stringify(value));
/** What Go writes of every schema, empty as it may be. */
const schema = (...fields: Buffer[]): Buffer =>
  Buffer.concat([
    bytes(1, ""),
    bytes(2, ""),
    integer(10, 0),
    integer(12, 0),
    integer(18, 0),
    ...fields,
    integer(37, 0),
    integer(39, 0),
    integer(40, 0),
  ]);
const property = (name: string, ...fields: Buffer[]): Buffer =>
  message(29, bytes(1, name), message(2, schema(...fields)));

const spec = property(
  "spec",
  bytes(5, "object"),
  property(
    "color",
    bytes(5, "string"),
    message(20, json("red")),
    message(20, json("blue")),
    message(8, json("red")),
  ),
  property("size", bytes(5, "number"), double(11, 0), double(9, 2.5)),
  property(
    "list",
    bytes(5, "array"),
    message(24, message(1, schema(bytes(5, "string"), integer(13, 3)))),
    bytes(42, "set"),
  ),
  property("map", bytes(5, "object"), message(30, integer(1, 1), message(2, schema(bytes(5, "string"))))),
  property("any", integer(38, 1)),
  message(44, bytes(1, "self.size < 2.0"), bytes(2, "too big")),
);
const version = message(
  7,
  bytes(1, "v1"),
  integer(2, 1),
  integer(3, 1),
  message(4, message(1, schema(bytes(5, "object"), spec))),
  message(5, message(1)),
  message(6, bytes(1, "Color"), bytes(2, "string"), bytes(6, ".spec.color"), integer(5, 0)),
  integer(7, 0),
  message(9, bytes(1, ".spec.color")),
);
const names = message(3, bytes(1, "widgets"), bytes(2, ""), bytes(3, "wi"), bytes(4, "Widget"), bytes(5, ""));
const definition = envelope(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  message(1, bytes(1, "widgets.example.com"), entry(11, "a", "b")),
  message(2, bytes(1, "example.com"), names, bytes(4, "Namespaced"), version, integer(10, 0)),
  message(3, message(2, bytes(1, ""), bytes(4, ""))),
);

test("rule 36: a definition may come as protobuf, as typed Go clients send it", async ({ server }) => {
  const headers = { "content-type": TYPE };
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const { status, json: created } = await server.ask(path, { method: "POST", headers, body: definition });
  expect([status, created.metadata?.labels, created.spec?.versions]).toEqual([
    201,
    { a: "b" },
    [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [{ name: "Color", type: "string", jsonPath: ".spec.color" }],
        selectableFields: [{ jsonPath: ".spec.color" }],
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  color: { type: "string", enum: ["red", "blue"], default: "red" },
                  size: { type: "number", minimum: 0, maximum: 2.5 },
                  list: {
                    type: "array",
                    items: { type: "string", maxLength: 3 },
                    "x-kubernetes-list-type": "set",
                  },
                  map: { type: "object", additionalProperties: { type: "string" } },
                  any: { "x-kubernetes-preserve-unknown-fields": true },
                },
                "x-kubernetes-validations": [{ rule: "self.size < 2.0", message: "too big" }],
              },
            },
          },
        },
      },
    ],
  ]);
  const body = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "one" }, spec: { size: 2 } };
  const widget = await server.ask("/apis/example.com/v1/namespaces/default/widgets", {
    method: "POST",
    body,
  });
  expect([widget.status, widget.json.message]).toEqual([
    422,
    expect.stringContaining('spec: Invalid value: "object": too big'),
  ]);
});
