import { expect } from "vitest";
import type { StatusError } from "../../../apis/errors.ts";
import type { Kind } from "../../../apis/kind.ts";
import type { Registry } from "../../../server/registry/index.ts";
import { kind } from "../../helpers/registry.ts";

export const Definition = kind("CustomResourceDefinition");

/** A definition of Widgets, with these fields of their spec. */
export const widgets = (properties: object = {}, version: object = {}, spec: object = {}) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    names: { kind: "Widget", plural: "widgets" },
    scope: "Namespaced",
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties } } } },
        ...version,
      },
    ],
    ...spec,
  },
});

export const widget = (spec: object = {}, rest: object = {}) => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name: "one" },
  spec,
  ...rest,
});

/** The kind that is served under this path. */
export function servedKind(registry: Registry, version = "v1", plural = "widgets"): Kind {
  const found = registry.kinds.find("example.com", version, plural);
  if (!found) throw new Error(`${plural} of ${version} are not served`);
  return found;
}

/** `field: message` of each cause. */
export async function problemsOf(registry: Registry, definition: object): Promise<string[]> {
  const options = { dryRun: true };
  const error = await registry.create({ kind: Definition }, definition, options).then(
    () => undefined,
    (thrown: StatusError) => thrown,
  );
  expect(error?.code ?? 201).toBe(error ? 422 : 201);
  return (error?.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
}

export const withSpec = (spec: object, name = "widgets.example.com") => ({
  ...widgets({}, {}, spec),
  metadata: { name },
});
export const withVersion = (version: object) => widgets({}, version);
export const withField = (schema: object) => widgets({ a: schema });
export const withRoot = (openAPIV3Schema: object, rest: object = {}) =>
  widgets({}, { schema: { openAPIV3Schema }, ...rest });
export const names = (more: object) => ({ names: { kind: "Widget", plural: "widgets", ...more } });
export const version = (more: object) => ({
  name: "v1",
  served: true,
  storage: true,
  schema: { openAPIV3Schema: { type: "object" } },
  ...more,
});

export const AT = "spec.versions[0].schema.openAPIV3Schema";
export const A = `${AT}.properties[spec].properties[a]`;
