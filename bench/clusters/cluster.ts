import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Settings } from "../lib/benchmark.ts";
import { withWires } from "../lib/load.ts";
import { onPath } from "../lib/machine.ts";
import { type RunningServer, startServer } from "../lib/server.ts";

/** Namespace of what kubectl applies: nobody changes what belongs to another one. */
export const PEER = "peer";

export const missingKubectl = (): string | undefined =>
  onPath("kubectl") ? undefined : "kubectl is not on PATH";

/** A server in the role of a cluster, as far as ConfigMaps go, and one of tiltish that applies to it. */
export interface Rig {
  readonly cluster: RunningServer;
  readonly tiltish: RunningServer;
  readonly root: string;
  /** Of the cluster. */
  readonly kubeconfig: string;
  /** Runs to its end, beside what goes on here. */
  kubectl(...args: string[]): Promise<void>;
  stop(): Promise<void>;
}

export async function startRig(settings: Settings): Promise<Rig> {
  const root = settings.directory("root");
  const start = () => startServer({ stateDir: settings.directory("state"), root });
  const [cluster, tiltish] = [await start(), await start()];
  const kubeconfig = join(cluster.stateDir, "kubeconfig");
  await withWires(cluster.socket, 1, async ([wire]) => {
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: PEER } };
    await wire!.request("POST", "/api/v1/namespaces", JSON.stringify(namespace));
  });
  const cache = join(cluster.stateDir, "kubectl-cache");
  const common = ["--kubeconfig", kubeconfig, "--cache-dir", cache, "-n", PEER];
  // What kubectl remembers of a cluster it has before it is measured.
  spawnSync("kubectl", [...common, "get", "configmaps"]);
  return {
    cluster,
    tiltish,
    root,
    kubeconfig,
    kubectl: (...args) => run([...common, ...args]),
    async stop() {
      await tiltish.stop();
      await cluster.stop();
    },
  };
}

async function run(args: readonly string[]): Promise<void> {
  const child = spawn("kubectl", args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`kubectl ${args.at(-1)}: ${said.trim()}`);
}

/** A K8sResource that keeps the files of a directory there, and waits for no pods. */
export const resourceOf = (name: string, directory: string, { kubeconfig }: Rig): string =>
  JSON.stringify({
    apiVersion: "tiltish.dev/v1alpha1",
    kind: "K8sResource",
    metadata: { name },
    spec: { kubeconfig, files: [directory], podReadinessMode: "Ignore" },
  });

export interface Kept {
  metadata: { generation: number };
  status?: { observedGeneration?: number; applied?: number; conditions?: { type: string; status: string }[] };
}

/** Whether what it says now is there. */
export const isKept = ({ metadata, status = {} }: Kept): boolean =>
  status.observedGeneration === metadata.generation &&
  (status.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True");
