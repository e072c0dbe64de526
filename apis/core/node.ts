import { Type } from "typebox";
import { defineBuiltIn, type ObjectOf, READ_VERBS } from "../kind.ts";
import { Condition, ListMap, Time } from "../meta.ts";

const text = (description: string) => Type.Optional(Type.String({ description }));
const amounts = (description: string) =>
  Type.Optional(Type.Record(Type.String(), Type.String(), { description }));

const NodeCondition = Type.Object({
  ...Condition.properties,
  lastHeartbeatTime: Type.Optional(Time({ description: "When it was last said." })),
});

const NodeInfo = Type.Object(
  {
    architecture: text("Of the processor."),
    bootID: text("Of the last start of the machine."),
    containerRuntimeVersion: text("What runs the processes: tiltish."),
    kernelVersion: text("Of the kernel."),
    kubeProxyVersion: text("Empty: there is none."),
    kubeletVersion: text("The version of tiltish."),
    machineID: text("Empty: nobody asks."),
    operatingSystem: text("Such as linux or darwin."),
    osImage: text("The same with its version."),
    systemUUID: text("Empty: nobody asks."),
  },
  { description: "What it is made of." },
);

const Address = Type.Object({
  type: Type.String({ description: "InternalIP or Hostname." }),
  address: Type.String({ description: "The address." }),
});

interface Shown {
  status?: {
    conditions?: { type: string; status: string }[];
    addresses?: { type: string; address: string }[];
  };
}

const addressOf = ({ status }: Shown): string =>
  status?.addresses?.find(({ type }) => type === "InternalIP")?.address ?? "<none>";

const isReady = ({ status }: Shown): boolean =>
  status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;

/** The machine that runs the processes, for tools that ask where Pods are. */
export const Node = defineBuiltIn({
  group: "",
  version: "v1",
  names: { kind: "Node", plural: "nodes", short: ["no"] },
  description:
    "This machine, for tools that ask where Pods are. The server tells of it when it starts; it can only be read.",
  namespaced: false,
  verbs: READ_VERBS,
  statusSubresource: true,
  fields: {
    spec: Type.Optional(Type.Object({}, { description: "Nothing is asked of it." })),
    status: Type.Optional(
      Type.Object(
        {
          capacity: amounts("What it has."),
          allocatable: amounts("The same: nothing is kept back."),
          conditions: Type.Optional(ListMap(NodeCondition, ["type"], { description: "What holds of it." })),
          addresses: Type.Optional(ListMap(Address, ["type"], { description: "Where it is." })),
          nodeInfo: Type.Optional(NodeInfo),
        },
        { description: "What it is." },
      ),
    ),
  },
  columns: [
    {
      name: "Status",
      path: (node: Shown) => (isReady(node) ? "Ready" : "NotReady"),
      type: "string",
      description: "Whether the server runs on it.",
    },
    { name: "Roles", path: () => "<none>", type: "string" },
    { name: "Age", path: ".metadata.creationTimestamp", type: "date" },
    { name: "Version", path: ".status.nodeInfo.kubeletVersion", type: "string" },
    { name: "Internal-IP", path: addressOf, type: "string", priority: 1 },
    { name: "External-IP", path: () => "<none>", type: "string", priority: 1 },
    { name: "OS-Image", path: ".status.nodeInfo.osImage", type: "string", priority: 1 },
    { name: "Kernel-Version", path: ".status.nodeInfo.kernelVersion", type: "string", priority: 1 },
    {
      name: "Container-Runtime",
      path: ".status.nodeInfo.containerRuntimeVersion",
      type: "string",
      priority: 1,
    },
  ],
});
export type Node = ObjectOf<typeof Node>;
