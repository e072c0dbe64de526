import { withWires } from "./load.ts";
import type { Door, Wire } from "./wire.ts";

export const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
export const PROCESSES = "/apis/tiltish.dev/v1alpha1/namespaces/default/localprocesses";

export const RESOURCES = "/apis/tiltish.dev/v1alpha1/namespaces/default/localresources";
export const WATCHES = "/apis/tiltish.dev/v1alpha1/namespaces/default/filewatches";
export const DOCKER_IMAGES = "/apis/tiltish.dev/v1alpha1/namespaces/default/dockerimages";
export const CLUSTER_RESOURCES = "/apis/tiltish.dev/v1alpha1/namespaces/default/k8sresources";

const KINDS = {
  [PROCESSES]: "LocalProcess",
  [RESOURCES]: "LocalResource",
  [WATCHES]: "FileWatch",
} as const;

/** An object of ours for that collection. */
export const objectOf = (collection: keyof typeof KINDS, name: string, spec: object): string =>
  JSON.stringify({ apiVersion: "tiltish.dev/v1alpha1", kind: KINDS[collection], metadata: { name }, spec });

/** Asks for the collection again and again, until `isDone` with what it holds. */
export async function waitFor<T>(
  wire: Wire,
  collection: string,
  isDone: (items: T[]) => boolean,
  timeoutMs = 120_000,
): Promise<T[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const { items } = await wire.json<{ items: T[] }>(collection);
    if (isDone(items)) return items;
    if (performance.now() > deadline) throw new Error(`${collection} is not as it should be`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

const LOOK_AGAIN_MS = 5;
const FILLING = "x".repeat(800);

/** About 1 kB of JSON. */
export const configMap = (name: string, data: Record<string, string> = { payload: FILLING }): string =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels: { app: "bench" } }, data });

/** About 1 kB of JSON; its controller keeps it, and runs nothing. */
export const localProcess = (name: string): string =>
  JSON.stringify({
    apiVersion: "tiltish.dev/v1alpha1",
    kind: "LocalProcess",
    metadata: { name, labels: { app: "bench" } },
    spec: { argv: ["true"], disabled: true, env: { PAYLOAD: FILLING } },
  });

const FILLERS = 32;

/** Creates ConfigMaps `o-0`, `o-1`, and so on. */
export async function fill(door: Door, count: number): Promise<void> {
  let next = 0;
  await withWires(door, FILLERS, async (wires) => {
    const client = async (wire: (typeof wires)[number]): Promise<void> => {
      while (next < count) await wire.request("POST", CONFIG_MAPS, configMap(`o-${next++}`));
    };
    await Promise.all(wires.map(client));
  });
}
