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
