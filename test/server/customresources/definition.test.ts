import { describe, expect } from "vitest";
import type { Registry } from "../../../server/registry/index.ts";
import { test } from "../../helpers/registry.ts";
import {
  Definition,
  problemsOf,
  servedKind,
  version,
  widgets,
  withField,
  withRoot,
  withSpec,
  withVersion,
} from "./fixture.ts";

const accepted: [what: string, definition: object][] = [
  [
    "whole numbers or strings",
    withField({ "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] }),
  ],
  [
    "whole numbers or strings with a pattern",
    withField({
      "x-kubernetes-int-or-string": true,
      allOf: [{ anyOf: [{ type: "integer" }, { type: "string" }] }, { pattern: "^a" }],
    }),
  ],
  [
    "required fields that have a default, below a default",
    withField({
      type: "object",
      default: {},
      required: ["b"],
      properties: { b: { type: "string", default: "x" } },
    }),
  ],
  [
    "names of any kind",
    withField({
      type: "object",
      properties: {
        properties: { type: "string" },
        $ref: { type: "string" },
        default: { type: "integer" },
        patternProperties: { type: "boolean" },
        __a: { type: "string" },
      },
    }),
  ],
  [
    "additionalProperties: true beside properties",
    withField({ type: "object", properties: { b: { type: "string" } }, additionalProperties: true }),
  ],
  [
    "an approved group of the community",
    {
      ...withSpec({ group: "x.k8s.io" }),
      metadata: {
        name: "widgets.x.k8s.io",
        annotations: { "api-approved.kubernetes.io": "unapproved, a test" },
      },
    },
  ],
  [
    "an item of a list as a column",
    withVersion({
      additionalPrinterColumns: [
        { name: "A", type: "string", jsonPath: ".a[?(@.b=='c')].d[0]['e.f'].g\\.h" },
      ],
    }),
  ],
  [
    "a description of metadata",
    withRoot({ type: "object", properties: { metadata: { type: "object", description: "x" } } }),
  ],
];

describe("a definition with this is taken", () => {
  for (const [what, definition] of accepted) {
    test(what, async ({ registry }) => {
      expect(await problemsOf(registry, definition)).toEqual([]);
    });
  }
});

describe("a definition that is served", () => {
  const target = { kind: Definition, namespace: "", name: "widgets.example.com" };
  const patch = (registry: Registry, spec: object) =>
    registry.patch(target, { type: "merge", body: { spec } }, {});

  test("keeps its scope and its names", async ({ registry }) => {
    await registry.create({ kind: Definition }, widgets(), {});
    await expect(patch(registry, { scope: "Cluster" })).rejects.toThrow(
      'spec.scope: Invalid value: "Cluster": field is immutable',
    );
    await expect(patch(registry, { names: { kind: "Gadget" } })).rejects.toThrow(
      'spec.names.kind: Invalid value: "Gadget": field is immutable',
    );
    await patch(registry, { names: { shortNames: ["w"] } });
    expect(servedKind(registry).short).toEqual(["w"]);
  });

  test("keeps the versions in which objects are stored", async ({ registry }) => {
    await registry.create({ kind: Definition }, widgets(), {});
    const both = [version({ storage: false }), version({ name: "v2" })];
    const { object } = await patch(registry, { versions: both });
    expect(object["status"]).toMatchObject({ storedVersions: ["v1", "v2"] });
    await expect(patch(registry, { versions: [version({ name: "v2" })] })).rejects.toThrow(
      'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions',
    );
    const status = (storedVersions: string[]) =>
      registry.patch(
        target,
        { type: "merge", body: { status: { storedVersions } } },
        { subresource: "status" },
      );
    await expect(status(["v1"])).rejects.toThrow("must have the storage version v2");
    await status(["v2"]);
    await patch(registry, { versions: [version({ name: "v2" })] });
    expect(registry.kinds.find("example.com", "v1", "widgets")).toBeUndefined();
    expect(servedKind(registry, "v2").version).toBe("v2");
  });
});
