import { Type } from "typebox";
import { defineKind, type ObjectOf } from "../kind.ts";
import { commonStatus, Defaulted, Enum, ListMap, MicroTime } from "../meta.ts";
import { Cause } from "./common/cause.ts";
import { dependsOn, disabled, links, RestartOn } from "./common/dependency.ts";
import { exactlyOneOf, imageRefs } from "./common/image.ts";

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

const ClusterObject = Type.Object({
  apiVersion: Type.Optional(Type.String({ description: "Group and version." })),
  kind: Type.String({ minLength: 1, description: "Kind." }),
  name: Type.String({ minLength: 1, description: "Name." }),
  namespace: Type.Optional(Type.String({ description: "Namespace in the cluster." })),
});

const spec = Type.Object({
  displayName: Type.Optional(Type.String({ description: "Name to show to people." })),
  yaml: Type.Optional(Type.String({ minLength: 1, description: "The objects to apply." })),
  files: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      description: "Files that hold the objects to apply.",
    }),
  ),
  kubeconfig: Type.Optional(
    Type.String({ description: "kubeconfig of the cluster. Default: as kubectl finds it." }),
  ),
  context: Type.Optional(Type.String({ description: "Context in it. Default: the current one." })),
  namespace: Type.Optional(
    Type.String({ description: "Namespace in the cluster for objects that name none." }),
  ),
  portForwards: Type.Optional(
    ListMap(PortForward, ["containerPort", "localPort"], {
      description: "Ports to forward to this machine.",
    }),
  ),
  objectRefs: Type.Optional(
    Type.Array(ClusterObject, { description: "Further objects whose pods belong to this." }),
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

const Pod = Type.Object({
  name: Type.String({ description: "Name of the pod." }),
  namespace: Type.Optional(Type.String({ description: "Its namespace." })),
  phase: Type.Optional(Type.String({ description: "Its phase." })),
  ready: Type.Optional(Type.Boolean({ description: "Whether its containers are ready." })),
  restarts: Type.Optional(Type.Integer({ description: "Restarts of its containers." })),
});

const status = Type.Object({
  ...commonStatus,
  podAncestorUID: Type.Optional(
    Type.String({ description: "uid of the object that the pods descend from." }),
  ),
  pods: Type.Optional(Type.Array(Pod, { description: "The pods." })),
  loadBalancers: Type.Optional(Type.Array(Type.String(), { description: "Addresses of load balancers." })),
  deployedUIDs: Type.Optional(Type.Array(Type.String(), { description: "uids of what was applied." })),
  deployedPodTemplateSpecHashes: Type.Optional(
    Type.Array(Type.String(), { description: "Hashes of the pod templates that were applied." }),
  ),
  applied: Type.Optional(Type.Integer({ description: "How many objects were applied." })),
  lastReadyOrSucceededTime: Type.Optional(MicroTime({ description: "When the pods were last ready." })),
  hasEverDeployedSuccessfully: Type.Optional(Type.Boolean({ description: "Whether it was ever applied." })),
  cause: Type.Optional(Cause),
});

/** Objects that are kept in a Kubernetes cluster. */
export const K8sResource = defineKind({
  names: { kind: "K8sResource", plural: "k8sresources", short: ["kr"] },
  description: "Objects that are kept in a Kubernetes cluster. Its controller is not part of this version.",
  spec,
  status,
  validate: ({ spec }) => exactlyOneOf(spec, "spec", ["yaml", "files"]),
  columns: [
    { name: "Applied", path: ".status.applied", type: "integer" },
    {
      name: "Pods",
      path: (object: { status?: { pods?: unknown[] } }) => object.status?.pods?.length,
      type: "integer",
    },
    { name: "Ready", path: '.status.conditions[?(@.type=="Ready")].status', type: "string" },
    { name: "Age", path: ".metadata.creationTimestamp", type: "date" },
  ],
});
export type K8sResource = ObjectOf<typeof K8sResource>;
