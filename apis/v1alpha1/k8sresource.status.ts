import { Type } from "typebox";
import { commonStatus, Enum, ListMap, MicroTime } from "../meta.ts";
import { Cause } from "./common/cause.ts";

const text = (description: string) => Type.Optional(Type.String({ description }));

/** One object in a cluster. */
export const ClusterObject = Type.Object({
  apiVersion: text("Group and version."),
  kind: Type.String({ minLength: 1, description: "Kind." }),
  name: Type.String({ minLength: 1, description: "Name." }),
  namespace: text("Namespace in the cluster."),
});

const Deployed = Type.Object({
  ...ClusterObject.properties,
  uid: text("Its uid. Absent: it was about to be applied."),
  hash: text("Of what was applied."),
});

const Container = Type.Object({
  name: Type.String({ description: "Name." }),
  image: text("Image that it was told to run."),
  ready: Type.Optional(Type.Boolean({ description: "Whether it is ready." })),
  state: text("What it is doing: Running, or why it waits or has ended."),
  restarts: Type.Optional(Type.Integer({ description: "How often it was restarted." })),
});

const Pod = Type.Object({
  name: Type.String({ description: "Name of the pod." }),
  namespace: text("Its namespace."),
  uid: text("Its uid."),
  phase: text("Its phase."),
  ready: Type.Optional(Type.Boolean({ description: "Whether its containers are ready." })),
  restarts: Type.Optional(Type.Integer({ description: "Restarts of its containers." })),
  ancestorUID: text("uid of the applied object that it descends from."),
  owner: text("Who has made it, as Kind/name."),
  podTemplateSpecHash: text("Hash of the pod template that it was made from."),
  containers: Type.Optional(
    ListMap(Container, ["name"], { description: "Its containers, those that run first included." }),
  ),
  message: text("What keeps it from being ready."),
  deleted: Type.Optional(Type.Boolean({ description: "It is gone, and the last one that was there." })),
  logError: text("Why its log cannot be read."),
});

const Forward = Type.Object({
  localPort: Type.Integer({ description: "Port on this machine; the chosen one." }),
  containerPort: Type.Integer({ description: "Port in the container." }),
  host: text("Address that it listens on."),
  name: text("What to call it."),
  pod: text("Pod that it leads to."),
  startTime: Type.Optional(MicroTime({ description: "Since when it listens." })),
  error: text("Why it does not."),
});

const Target = Type.Object(
  {
    context: text("Name of the context."),
    server: text("Address of the cluster."),
    namespace: text("Namespace for objects that name none."),
    uid: text("uid of its namespace kube-system: a cluster that was made anew has another one."),
    kubeconfig: text("Which kubeconfig; absent: as kubectl finds it."),
  },
  { description: "Where it was applied." },
);

/** What is known of a K8sResource. */
export const k8sResourceStatus = Type.Object({
  ...commonStatus,
  state: Type.Optional(
    Enum(["Waiting", "Applying", "Applied", "Failed", "Deleting", "Disabled"], {
      description: "What it is doing.",
    }),
  ),
  message: text("What it waits for, or what went wrong."),
  podAncestorUID: text("uid of the object that the pods descend from."),
  pods: Type.Optional(Type.Array(Pod, { description: "The pods; of more than 100 the newest." })),
  loadBalancers: Type.Optional(Type.Array(Type.String(), { description: "Addresses of load balancers." })),
  portForwards: Type.Optional(Type.Array(Forward, { description: "Ports that lead to a pod." })),
  target: Type.Optional(Target),
  deployed: Type.Optional(
    Type.Array(Deployed, { description: "What was applied, and is to be deleted with this object." }),
  ),
  dropped: Type.Optional(
    Type.Array(Deployed, { description: "What is not wanted any more, and still to be deleted." }),
  ),
  deployedUIDs: Type.Optional(Type.Array(Type.String(), { description: "uids of what was applied." })),
  deployedPodTemplateSpecHashes: Type.Optional(
    Type.Array(Type.String(), { description: "Hashes of the pod templates that were applied." }),
  ),
  applied: Type.Optional(Type.Integer({ description: "How many objects were applied." })),
  appliedInputHash: text("Hash of what was applied last: the same is not applied twice."),
  applyingInputHash: text("Hash of what is being applied; one that was interrupted is finished."),
  error: text("Why the last apply failed."),
  lastApplyStartTime: Type.Optional(MicroTime({ description: "When the last apply began." })),
  lastApplyTime: Type.Optional(MicroTime({ description: "When the last apply ended well." })),
  lastReadyOrSucceededTime: Type.Optional(MicroTime({ description: "When the pods were last ready." })),
  hasEverDeployedSuccessfully: Type.Optional(Type.Boolean({ description: "Whether it was ever applied." })),
  observedTrigger: text("The value of the trigger annotation that was last acted on."),
  observedEventTime: Type.Optional(
    MicroTime({
      description: "Time of the newest event of a FileWatch in spec.restartOn that was acted on.",
    }),
  ),
  cause: Type.Optional(Cause),
});
