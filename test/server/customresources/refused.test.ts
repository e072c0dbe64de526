import { describe, expect } from "vitest";
import { test } from "../../helpers/registry.ts";
import {
  A,
  AT,
  Definition,
  names,
  problemsOf,
  version,
  withField,
  withRoot,
  withSpec,
  withVersion,
} from "./fixture.ts";

const refused: [what: string, definition: object, problem: string][] = [
  [
    "another name than plural.group",
    withSpec({}, "gadgets.example.com"),
    'metadata.name: Invalid value: "gadgets.example.com": must be spec.names.plural+"."+spec.group',
  ],
  [
    "a group without a dot",
    withSpec({ group: "example" }, "widgets.example"),
    'spec.group: Invalid value: "example": should be a domain with at least one dot',
  ],
  [
    "a group that is no domain",
    withSpec({ group: "Ex_ample.com" }, "widgets.Ex_ample.com"),
    'spec.group: Invalid value: "Ex_ample.com": a lowercase RFC 1123 subdomain',
  ],
  [
    "our own group",
    withSpec({ group: "tiltish.dev" }, "widgets.tiltish.dev"),
    'spec.group: Invalid value: "tiltish.dev": is served by tiltish itself',
  ],
  [
    "a group of the community without approval",
    withSpec({ group: "x.k8s.io" }, "widgets.x.k8s.io"),
    "metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups",
  ],
  [
    "a plural that is no label",
    withSpec(names({ plural: "Widgets" }), "Widgets.example.com"),
    'spec.names.plural: Invalid value: "Widgets": a DNS-1035 label',
  ],
  [
    "a kind that is no name",
    withSpec(names({ kind: "Wid_get" })),
    'spec.names.kind: Invalid value: "Wid_get": may have mixed case, but should otherwise match',
  ],
  [
    "a short name that is none",
    withSpec(names({ shortNames: ["w", "W"] })),
    'spec.names.shortNames[1]: Invalid value: "W": a DNS-1035 label',
  ],
  [
    "a category that is none",
    withSpec(names({ categories: ["All"] })),
    "spec.names.categories[0]: Invalid value",
  ],
  [
    "a list kind that is the kind",
    withSpec(names({ listKind: "Widget" })),
    'spec.names.listKind: Invalid value: "Widget": kind and listKind may not be the same',
  ],
  ["an unknown scope", withSpec({ scope: "Global" }), 'spec.scope: Unsupported value: "Global"'],
  [
    "no storage version",
    withVersion({ storage: false }),
    'spec.versions: Invalid value: ["v1"]: must have exactly one version marked as storage version',
  ],
  [
    "two versions of one name",
    withSpec({ versions: [version({}), version({ storage: false })] }),
    'spec.versions: Invalid value: ["v1","v1"]: must contain unique version names',
  ],
  [
    "a version that is no label",
    withVersion({ name: "1" }),
    'spec.versions[0].name: Invalid value: "1": a DNS-1035 label',
  ],
  [
    "a version without a schema",
    withVersion({ schema: undefined }),
    `${AT}: Required value: schemas are required`,
  ],
  [
    "a warning of a version that is not deprecated",
    withVersion({ deprecationWarning: "old" }),
    'spec.versions[0].deprecationWarning: Invalid value: "old": can only be set for deprecated versions',
  ],
  [
    "webhooks",
    withSpec({ conversion: { strategy: "Webhook", webhook: {} } }),
    'spec.conversion.strategy: Invalid value: "Webhook": conversion webhooks are not served',
  ],
  [
    "preserveUnknownFields",
    withSpec({ preserveUnknownFields: true }),
    "spec.preserveUnknownFields: Invalid value: true: cannot set to true",
  ],
  [
    "a column of an unknown type",
    withVersion({ additionalPrinterColumns: [{ name: "A", type: "text", jsonPath: ".a" }] }),
    'spec.versions[0].additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
  ],
  [
    "a column without a path",
    withVersion({ additionalPrinterColumns: [{ name: "A", type: "string", jsonPath: "a" }] }),
    'spec.versions[0].additionalPrinterColumns[0].jsonPath: Invalid value: "a": must be a simple json path starting with .',
  ],
  [
    "a column path that cannot be read",
    withVersion({ additionalPrinterColumns: [{ name: "A", type: "string", jsonPath: ".a[" }] }),
    "spec.versions[0].additionalPrinterColumns[0].jsonPath: Invalid value",
  ],
  [
    "a scale path elsewhere",
    withVersion({
      subresources: { scale: { specReplicasPath: ".replicas", statusReplicasPath: ".status.n" } },
    }),
    'spec.versions[0].subresources.scale.specReplicasPath: Invalid value: ".replicas": should be a json path under .spec',
  ],
  [
    "a selectable field that is not there",
    withVersion({ selectableFields: [{ jsonPath: ".spec.color" }] }),
    "spec.versions[0].selectableFields[0].jsonPath: Invalid value",
  ],
  ["a root without a type", withRoot({}), `${AT}.type: Required value: must not be empty at the root`],
  [
    "a root that is no object",
    withRoot({ type: "string" }),
    `${AT}.type: Invalid value: "string": must be object at the root`,
  ],
  [
    "anyOf at the root beside a status subresource",
    withRoot({ type: "object", anyOf: [{}] }, { subresources: { status: {} } }),
    `${AT}: Invalid value: "anyOf"`,
  ],
  [
    "more than names in metadata",
    withRoot({
      type: "object",
      properties: { metadata: { type: "object", properties: { labels: { type: "object" } } } },
    }),
    `${AT}.properties[metadata]: Forbidden: must not specify anything other than name and generateName`,
  ],
  [
    "a field without a type",
    withField({}),
    `${A}.type: Required value: must not be empty for specified object fields`,
  ],
  [
    "items without a type",
    withField({ type: "array", items: {} }),
    `${A}.items.type: Required value: must not be empty for specified array items`,
  ],
  ["a list without items", withField({ type: "array" }), `${A}.items: Required value: must be specified`],
  ["an unknown type", withField({ type: "int" }), `${A}.type: Unsupported value: "int"`],
  ["a reference", withField({ type: "object", $ref: "#/x" }), `${A}.$ref: Forbidden: $ref is not supported`],
  [
    "patternProperties",
    withField({ type: "object", patternProperties: { a: { type: "string" } } }),
    `${A}.patternProperties: Forbidden`,
  ],
  [
    "uniqueItems",
    withField({ type: "array", items: { type: "string" }, uniqueItems: true }),
    `${A}.uniqueItems: Forbidden`,
  ],
  [
    "additionalProperties beside properties",
    withField({
      type: "object",
      properties: { b: { type: "string" } },
      additionalProperties: { type: "string" },
    }),
    `${A}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
  ],
  [
    "a pattern that is none",
    withField({ type: "string", pattern: "(?=a)" }),
    `${A}.pattern: Invalid value: "(?=a)": must be a valid regular expression, but isn't`,
  ],
  [
    "a type in a junctor",
    withField({ type: "string", anyOf: [{ type: "string" }] }),
    `${A}.anyOf[0].type: Forbidden: must be empty to be structural`,
  ],
  [
    "a field at the root that only a junctor has",
    withRoot({ type: "object", anyOf: [{ properties: { b: { minLength: 1 } } }] }),
    `${AT}.properties[b]: Required value: because it is defined in ${AT}.anyOf[0].properties[b]`,
  ],
  [
    "false for preserve-unknown-fields",
    withField({ type: "object", "x-kubernetes-preserve-unknown-fields": false }),
    `${A}.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined`,
  ],
  [
    "an embedded object that is a string",
    withField({ type: "string", "x-kubernetes-embedded-resource": true }),
    `${A}.type: Invalid value: "string": must be object if x-kubernetes-embedded-resource is true`,
  ],
  [
    "an embedded object of which nothing is known",
    withField({ type: "object", "x-kubernetes-embedded-resource": true }),
    `${A}.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true`,
  ],
  [
    "a list type of something else",
    withField({ type: "object", "x-kubernetes-list-type": "set" }),
    `${A}.type: Invalid value: "object": must be array if x-kubernetes-list-type is specified`,
  ],
  [
    "a map list without keys",
    withField({ type: "array", "x-kubernetes-list-type": "map", items: { type: "object" } }),
    `${A}.x-kubernetes-list-map-keys: Required value`,
  ],
  [
    "a key that items do not have",
    withField({
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["k"],
      items: { type: "object" },
    }),
    `${A}.x-kubernetes-list-map-keys: Invalid value: ["k"]: entries must all be names of item properties`,
  ],
  [
    "a key that may be missing",
    withField({
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["k"],
      items: { type: "object", properties: { k: { type: "string" } } },
    }),
    `${A}.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys`,
  ],
  [
    "a set of what can be merged",
    withField({ type: "array", "x-kubernetes-list-type": "set", items: { type: "object" } }),
    `${A}.items.x-kubernetes-map-type: Invalid value: null: must be atomic`,
  ],
  [
    "a default of another type",
    withField({ type: "string", default: 1 }),
    `${A}.default: Invalid value: "integer"`,
  ],
  [
    "a default that would be pruned",
    withField({ type: "object", default: { b: 1 } }),
    `${A}.default: Invalid value: {"b":1}: must not have unknown fields`,
  ],
  [
    "a default that breaks its schema",
    withField({ type: "string", enum: ["x"], default: "y" }),
    `${A}.default: Unsupported value: "y"`,
  ],
  [
    "a default for the kind",
    withRoot({ type: "object", properties: { kind: { type: "string", default: "x" } } }),
    `${AT}.properties[kind].default: Forbidden: must not be set in top-level kind`,
  ],
  [
    "a rule that is empty",
    withField({ type: "string", "x-kubernetes-validations": [{ rule: " " }] }),
    `${A}.x-kubernetes-validations[0].rule: Required value: rule is not specified`,
  ],
];

describe("a definition with this is refused, with the cause that Kubernetes gives", () => {
  for (const [what, definition, problem] of refused) {
    test(what, async ({ registry }) => {
      const problems = await problemsOf(registry, definition);
      expect(problems.filter((found) => found.startsWith(problem))).toHaveLength(1);
    });
  }
});

test("rule 50: a schema of the wrong shape cannot be read, which is 400 and names the field", async ({
  registry,
}) => {
  const definition = withField({ type: "string", maxLength: "5" });
  await expect(registry.create({ kind: Definition }, definition, {})).rejects.toMatchObject({
    code: 400,
    message: expect.stringContaining("openAPIV3Schema.properties.spec.properties.a.maxLength") as string,
  });
});
