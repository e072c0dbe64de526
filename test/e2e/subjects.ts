import { type Session } from "../helpers/tiltish.ts";

/** What kubectl is tried on: an object, and one field of it that is changed. */
export interface Subject {
  /** For the names of tests. */
  toString(): string;
  /** As `kubectl explain` takes it. */
  kind: string;
  /** `kind/name`, as kubectl takes it. */
  name: string;
  /** As kubectl prints it. */
  resource: string;
  path: string;
  object: object;
  changed: object;
  /** A merge patch from the one to the other. */
  patch: object;
  /** Of the field that is changed. */
  pointer: string;
  field: string;
  before: string;
  after: string;
  read(session: Session): Promise<string>;
  difference: RegExp;
  explained: RegExp;
  listed: RegExp;
  owner: { apiVersion: string; kind: string };
  builtIn: boolean;
  /** Its kind is a custom one, which is to be defined first. */
  definition: boolean;
}

interface Given {
  apiVersion: string;
  kind: string;
  /** Plural, with its group. */
  resource: string;
  path: string;
  fields: (value: string) => object;
  pointer: string;
  listed: RegExp;
  explained: RegExp;
}

function subject(given: Given): Subject {
  const { apiVersion, kind, resource, pointer, fields } = given;
  const [before, after] = ["red", "blue"];
  const object = (value: string) => ({ apiVersion, kind, metadata: { name: "sample" }, ...fields(value) });
  const field = pointer.replaceAll("/", ".");
  const singular = kind.toLowerCase() + resource.replace(/^[^.]+/, "");
  return {
    ...given,
    toString: () => kind,
    kind: kind.toLowerCase(),
    name: `${singular}/sample`,
    resource: singular,
    object: object(before),
    changed: object(after),
    patch: fields(after),
    field,
    before,
    after,
    read: async (session) =>
      (await session.kubectl("get", `${singular}/sample`, "-o", `jsonpath={${field}}`)).stdout,
    difference: new RegExp(`\\n-.*${before}\\n\\+.*${after}`),
    owner: { apiVersion, kind },
    builtIn: apiVersion === "v1",
    definition: kind === "Widget",
  };
}

/** An object of ours, a built-in one, and a custom one. */
export const SUBJECTS: Subject[] = [
  subject({
    apiVersion: "tiltish.dev/v1alpha1",
    kind: "LocalProcess",
    resource: "localprocesses.tiltish.dev",
    path: "/apis/tiltish.dev/v1alpha1/namespaces/default/localprocesses",
    fields: (value) => ({ spec: { argv: ["sleep", "600"], disabled: true, env: { COLOR: value } } }),
    pointer: "/spec/env/COLOR",
    listed: /localprocesses\s+lp\s+tiltish.dev\/v1alpha1\s+true\s+LocalProcess\s+create,delete/,
    explained: /argv\s+<\[\]string>/,
  }),
  subject({
    apiVersion: "v1",
    kind: "ConfigMap",
    resource: "configmaps",
    path: "/api/v1/namespaces/default/configmaps",
    fields: (value) => ({ data: { color: value } }),
    pointer: "/data/color",
    listed: /configmaps\s+cm\s+v1\s+true\s+ConfigMap\s+create,delete/,
    explained: /data\s+<map\[string\]string>/,
  }),
  subject({
    apiVersion: "example.com/v1",
    kind: "Widget",
    resource: "widgets.example.com",
    path: "/apis/example.com/v1/namespaces/default/widgets",
    fields: (value) => ({ spec: { color: value, parts: [{ name: "wheel", count: 4 }] } }),
    pointer: "/spec/color",
    listed: /widgets\s+wd\s+example.com\/v1\s+true\s+Widget\s+create,delete/,
    explained: /parts\s+<\[\]Object>/,
  }),
];

const part = {
  type: "object",
  required: ["name"],
  properties: { name: { type: "string" }, count: { type: "integer" } },
};

/** Of the custom one. */
export const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { kind: "Widget", plural: "widgets", singular: "widget", shortNames: ["wd"] },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  color: { type: "string" },
                  parts: {
                    type: "array",
                    items: part,
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                  },
                },
              },
              status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            },
          },
        },
      },
    ],
  },
};
