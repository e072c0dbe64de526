import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Target } from "../target/index.ts";

/** Where the kubeconfig of an object for its commands is. */
export const kubeconfigFor = (stateDirectory: string, uid: string): string =>
  join(stateDirectory, "k8s", `${uid}.kubeconfig`);

/** Writes a kubeconfig that has the one context that is meant, whatever becomes of that of the user. */
export async function writeKubeconfig(file: string, { config, context, namespace }: Target): Promise<void> {
  const entry = config.getContextObject(context);
  const all = JSON.parse(config.exportConfig()) as {
    clusters: { name: string }[];
    users: { name: string }[];
    contexts: { name: string; context: object }[];
  };
  const only = {
    ...all,
    clusters: all.clusters.filter(({ name }) => name === entry?.cluster),
    users: all.users.filter(({ name }) => name === entry?.user),
    contexts: all.contexts
      .filter(({ name }) => name === context)
      .map((one) => ({ ...one, context: { ...one.context, namespace } })),
    "current-context": context,
  };
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, JSON.stringify(only), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

export const removeKubeconfig = (file: string): Promise<void> => rm(file, { force: true });
