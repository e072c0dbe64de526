import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../problem.ts";
import type { Place } from "./guard.ts";

/**
 * Refuses what leads back to this very server: where its kubeconfig is exported for kubectl, it would be taken for a
 * cluster.
 *
 * @throws Problem
 */
export async function refuseOwn({ context, server }: Place, stateDirectory: string): Promise<void> {
  const own = await readFile(join(stateDirectory, "kubeconfig"), "utf8").catch(() => "");
  if (!own.includes(server)) return;
  throw new Problem(
    "ContextRefused",
    `the context ${context} leads to this tiltish itself: start its server without KUBECONFIG, or set spec.kubeconfig to that of a cluster`,
  );
}
