import { withWires } from "./load.ts";
import type { Door } from "./wire.ts";

export const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
export const PROCESSES = "/apis/tiltish.dev/v1alpha1/namespaces/default/localprocesses";

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
