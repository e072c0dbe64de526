import { Type } from "typebox";
import { defineKind, type ObjectOf } from "../kind.ts";
import type { FieldError } from "../errors.ts";
import { Defaulted, described, Duration, Enum, LabelSelector, ListMap, ListSet } from "../meta.ts";
import { dependsOn, disabled, links, RestartOn } from "./common/dependency.ts";
import { exactlyOneOf, imageRefs } from "./common/image.ts";
import { ClusterObject, k8sResourceStatus } from "./k8sresource.status.ts";

const PortForward = Type.Object({
  localPort: Defaulted(
    Type.Integer({
      minimum: 0,
      maximum: 65_535,
      description: "Port on this machine; 0 has a free one chosen.",
    }),
    0,
  ),
  containerPort: Type.Integer({ minimum: 1, maximum: 65_535, description: "Port in the container." }),
  host: Defaulted(Type.String({ description: "Address to listen on." }), "localhost"),
  name: Type.Optional(Type.String({ description: "What to call it." })),
});

const Command = Type.Object({
  argv: Type.Array(Type.String(), { minItems: 1, description: "Program and arguments, no shell." }),
  dir: Type.Optional(
    Type.String({ minLength: 1, description: "Working directory, relative to the root of the namespace." }),
  ),
  env: Type.Optional(
    Type.Record(Type.String(), Type.String(), {
      description: "Environment variables, over the inherited ones, KUBECONFIG and those of spec.imageRefs.",
    }),
  ),
  timeout: Defaulted(Duration({ description: "A run that takes longer is ended, and has failed." }), "5m"),
});

const spec = Type.Object({
  displayName: Type.Optional(Type.String({ description: "Name to show to people." })),
  yaml: Type.Optional(Type.String({ minLength: 1, description: "The objects to apply." })),
  files: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      description:
        "Files, directories and globs, relative to the root of the namespace, that hold the objects to apply. They are watched.",
    }),
  ),
  applyCommand: Type.Optional(
    described(Command, "A command that applies objects itself and prints what it has applied, as YAML."),
  ),
  deleteCommand: Type.Optional(
    described(Command, "What deletes again what applyCommand has applied. Default: object by object."),
  ),
  kubeconfig: Type.Optional(
    Type.String({ description: "kubeconfig of the cluster. Default: as kubectl finds it." }),
  ),
  context: Type.Optional(Type.String({ description: "Context in it. Default: the current one." })),
  namespace: Type.Optional(
    Type.String({ description: "Namespace in the cluster for objects that name none." }),
  ),
  allowContexts: Type.Optional(
    ListSet(Type.String({ minLength: 1 }), {
      description: "Contexts that may be changed although they look like production.",
    }),
  ),
  portForwards: Type.Optional(
    ListMap(PortForward, ["containerPort", "localPort"], {
      description: "Ports to forward to this machine.",
    }),
  ),
  objectRefs: Type.Optional(
    Type.Array(ClusterObject, { description: "Further objects whose pods belong to this." }),
  ),
  podSelectors: Type.Optional(
    Type.Array(LabelSelector, { description: "Labels of further pods that belong to this." }),
  ),
  ignoreContainerLogs: Type.Optional(
    ListSet(Type.String(), { description: "Containers whose output is not shown, such as istio-proxy." }),
  ),
  podReadinessMode: Defaulted(
    Enum(["Wait", "Ignore", "Succeeded"], { description: "What of the pods makes this object Ready." }),
    "Wait",
  ),
  imageRefs,
  restartOn: Type.Optional(RestartOn),
  links,
  dependsOn,
  disabled,
});

/** Leaves room for the names of what it owns. */
const MAX_NAME = 230;
const nameTooLong: FieldError = {
  field: "metadata.name",
  message: `Too long: may not be more than ${MAX_NAME} characters`,
  reason: "FieldValueTooLong",
};

const deleteWithoutApply: FieldError = {
  field: "spec.deleteCommand",
  message: "Forbidden: it goes with spec.applyCommand; what tiltish applies itself it deletes itself",
  reason: "FieldValueForbidden",
};

/** Objects that are kept in a Kubernetes cluster. */
export const K8sResource = defineKind({
  names: { kind: "K8sResource", plural: "k8sresources", short: ["kr"] },
  description: "Objects that are kept in a Kubernetes cluster.",
  spec,
  status: k8sResourceStatus,
  log: true,
  trigger: true,
  validate: ({ metadata, spec }): FieldError[] => [
    ...(metadata.name.length > MAX_NAME ? [nameTooLong] : []),
    ...exactlyOneOf(spec, "spec", ["yaml", "files", "applyCommand"]),
    ...(spec.deleteCommand && !spec.applyCommand ? [deleteWithoutApply] : []),
  ],
  columns: [
    { name: "Applied", path: ".status.applied", type: "integer" },
    {
      name: "Pods",
      path: (object: { status?: { pods?: unknown[] } }) => object.status?.pods?.length,
      type: "integer",
    },
    { name: "Ready", path: '.status.conditions[?(@.type=="Ready")].status', type: "string" },
    { name: "Age", path: ".metadata.creationTimestamp", type: "date" },
    { name: "State", path: ".status.state", type: "string", priority: 1 },
    { name: "Message", path: ".status.message", type: "string", priority: 1 },
  ],
});
export type K8sResource = ObjectOf<typeof K8sResource>;
