/** Where the custom resources of the suite are. */
export const GROUP = "conformance.example.com";
export const WIDGETS_ROOT = `/apis/${GROUP}/v1`;
export const CRD_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
export const CRD_NAME = `widgets.${GROUP}`;

const string = { type: "string" };
const strings = { type: "array", items: string };

const spec = {
  type: "object",
  description: "What the widget should be.",
  properties: {
    title: { type: "string", maxLength: 20, description: "What people call it." },
    size: { type: "integer", minimum: 0 },
    mode: { type: "string", enum: ["plain", "fancy"], default: "plain" },
    replicas: { type: "integer", minimum: 0 },
    tags: { ...strings, "x-kubernetes-list-type": "set" },
    steps: strings,
    ports: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: {
        type: "object",
        required: ["name"],
        properties: { name: string, port: { type: "integer" }, host: string },
      },
    },
    labels: { type: "object", additionalProperties: string },
    frozen: { type: "object", additionalProperties: string, "x-kubernetes-map-type": "atomic" },
    nested: { type: "object", properties: { left: string, right: string } },
    anything: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  },
};

const condition = {
  type: "object",
  required: ["type", "status"],
  properties: { type: string, status: string, reason: string, message: string, lastTransitionTime: string },
};

const status = {
  type: "object",
  properties: {
    phase: string,
    replicas: { type: "integer" },
    selector: string,
    conditions: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["type"],
      items: condition,
    },
  },
};

const versionOf = (name: string, storage: boolean) => ({
  name,
  served: true,
  storage,
  schema: {
    openAPIV3Schema: {
      type: "object",
      description: "A thing to try an API with.",
      properties: { spec, status },
    },
  },
  subresources: {
    status: {},
    scale: {
      specReplicasPath: ".spec.replicas",
      statusReplicasPath: ".status.replicas",
      labelSelectorPath: ".status.selector",
    },
  },
  selectableFields: [{ jsonPath: ".spec.mode" }],
  additionalPrinterColumns: [
    { name: "Phase", type: "string", jsonPath: ".status.phase", description: "Where it is." },
    { name: "Size", type: "integer", jsonPath: ".spec.size" },
    { name: "Title", type: "string", jsonPath: ".spec.title", priority: 1 },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
});

/** A kind of the suite's own, with a bit of everything that a custom resource may have. */
export const WIDGETS_CRD = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: CRD_NAME },
  spec: {
    group: GROUP,
    scope: "Namespaced",
    names: {
      kind: "Widget",
      listKind: "WidgetList",
      plural: "widgets",
      singular: "widget",
      shortNames: ["wdg"],
      categories: ["conformance"],
    },
    versions: [versionOf("v1", true), versionOf("v1beta1", false)],
  },
};
