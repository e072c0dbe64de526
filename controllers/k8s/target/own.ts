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
export async function refuseOwn(
  { context, server }: Pick<Place, "context" | "server">,
  stateDirectory: string,
): Promise<void> {
  const own = await readFile(join(stateDirectory, "kubeconfig"), "utf8").catch(() => "");
  const servers = [...own.matchAll(/["']?\bserver["']?\s*:\s*["']?([^\s"',}]+)/g)].flatMap(
    ([, url]) => url ?? [],
  );
  if (!servers.some((each) => addressOf(each) === addressOf(server))) return;
  throw new Problem(
    "ContextRefused",
    `the context ${context} leads to this tiltish itself: start its server without KUBECONFIG, or set spec.kubeconfig to that of a cluster`,
  );
}

/** Host and port; however this machine is called. */
function addressOf(server: string): string {
  if (!URL.canParse(server)) return server;
  const { hostname, port, protocol } = new URL(server);
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  return `${isHere ? "localhost" : hostname}:${port || (protocol === "https:" ? "443" : "80")}`;
}
