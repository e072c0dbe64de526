import os from "node:os";
import { Node } from "../../apis/core/index.ts";
import { nodeNameOf } from "../../apis/views/index.ts";
import type { Client } from "../../client/index.ts";
import { now } from "../../controllers/runtime/index.ts";

/** Tells of this machine as the one Node. Another one is there if the state directory comes from elsewhere. */
export async function registerNode(client: Client): Promise<void> {
  const name = nodeNameOf(os.hostname());
  const { items } = await client.list(Node);
  const others = items.filter(({ metadata }) => metadata.name !== name);
  await Promise.all(others.map(({ metadata }) => client.delete(Node, metadata)));
  const node =
    items.find(({ metadata }) => metadata.name === name) ??
    (await client.createObject(Node, { metadata: { name, labels: labelsOf(name) } }));
  await client.setStatus(Node, node, statusOf());
}

/** Names of architectures as Go has them. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };
const architecture = ARCHITECTURES[os.arch()] ?? os.arch();

const labelsOf = (name: string): Record<string, string> => ({
  "kubernetes.io/hostname": name.slice(0, 63).replace(/[^a-z0-9]+$/, ""),
  "kubernetes.io/os": os.platform(),
  "kubernetes.io/arch": architecture,
});

function statusOf(): NonNullable<Node["status"]> {
  const capacity = {
    cpu: String(os.availableParallelism()),
    memory: `${Math.floor(os.totalmem() / 1024)}Ki`,
    pods: "10000",
  };
  const version = process.env["TILTISH_VERSION"] ?? "0.0.0-dev";
  const time = now();
  const isUp = { type: "Ready", status: "True", reason: "ServerRuns", message: "tiltish runs here" } as const;
  return {
    capacity,
    allocatable: capacity,
    conditions: [{ ...isUp, lastTransitionTime: time, lastHeartbeatTime: time }],
    addresses: [
      { type: "InternalIP", address: "127.0.0.1" },
      { type: "Hostname", address: os.hostname() },
    ],
    nodeInfo: {
      architecture,
      containerRuntimeVersion: `tiltish://${version}`,
      kernelVersion: os.release(),
      kubeletVersion: `v${version}`,
      operatingSystem: os.platform(),
      osImage: `${os.type()} ${os.release()}`,
      bootID: "",
      kubeProxyVersion: "",
      machineID: "",
      systemUUID: "",
    },
  };
}
