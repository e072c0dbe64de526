import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ScopedToken } from "../../server/auth/tokens/index.ts";
import { failure, noSession } from "../cli/errors.ts";
import { say } from "../cli/io.ts";
import { runningInstance } from "../instances.ts";

/**
 * How to write a kubeconfig for a token: with the address and the certificate that the server has written down.
 *
 * @throws CliError if there has never been a server whose address could be in it.
 */
export async function kubeconfigFor(
  stateDir: string,
): Promise<(token: ScopedToken, secret: string) => string> {
  const { parse, stringify } = await import("yaml");
  const path = join(stateDir, "kubeconfig");
  const cluster = clusterIn(parse(await textOf(path)) as unknown);
  if (cluster === undefined) throw failure(`${path} names no server; start tiltish again to have it written`);
  if (!runningInstance(stateDir)) {
    say("the server does not run; its next start may be on another port, unless --port says which");
  }
  return ({ name, namespace = "default" }, token) => {
    const [context, user] = [`tiltish-${name}`, `tiltish-${name}`];
    return stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": context,
      clusters: [{ name: "tiltish", cluster }],
      users: [{ name: user, user: { token } }],
      contexts: [{ name: context, context: { cluster: "tiltish", user, namespace } }],
    });
  };
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw noSession(
      "a kubeconfig needs the address of the server, and none has run here yet. Start one with tiltish up",
    );
  }
}

function clusterIn(config: unknown): object | undefined {
  const { clusters } = (config ?? {}) as { clusters?: { cluster?: { server?: unknown } }[] };
  const cluster = Array.isArray(clusters) ? clusters[0]?.cluster : undefined;
  return typeof cluster?.server === "string" ? cluster : undefined;
}
