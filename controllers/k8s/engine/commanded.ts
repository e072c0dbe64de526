import type { KubeObject } from "../../../apis/meta.ts";
import type { Cluster } from "../cluster/index.ts";
import { type Commands, shown } from "../commands/command.ts";
import { writeKubeconfig } from "../commands/kubeconfig.ts";
import { hashOf, parseManifests } from "../manifests/index.ts";
import { Problem } from "../problem.ts";
import type { Target } from "../target/index.ts";
import { type Inputs, nothingIn } from "./inputs.ts";
import type { Order } from "./order.ts";
import { type Deployed, refOf, textOfRef } from "./refs.ts";
import type { Work } from "./work.ts";

/** What a command needs, and where its kubeconfig lies. */
export interface Commanding {
  readonly commands: Commands;
  readonly kubeconfig: string;
}

/** Hash of all that a command depends on. */
export const commandHash = ({ spec, images }: Order, { server, namespace }: Target): string =>
  hashOf({ command: spec.applyCommand, server, namespace, images });

interface Asked {
  readonly cluster: Cluster;
  readonly order: Pick<Order, "spec" | "images">;
  readonly signal: AbortSignal;
}

/**
 * Runs the command that applies, and finds in the cluster what it says to have applied.
 *
 * @throws Problem
 */
export async function applyByCommand(
  work: Work,
  { commands, kubeconfig }: Commanding,
  { cluster, order, signal }: Asked,
): Promise<{ deployed: Deployed[]; objects: KubeObject[] }> {
  await writeKubeconfig(kubeconfig, cluster.target);
  const cause = work.facts.cause!;
  const env = environmentOf(order.images, kubeconfig);
  const { stdout, all } = await commands.run("apply", { spec: order.spec.applyCommand!, env, cause, signal });
  await work.log.write(all, signal);
  const objects = printed(stdout);
  if (objects.length === 0) throw nothingIn("the output of spec.applyCommand");
  const deployed = await Promise.all(objects.map((object) => find(cluster, object)));
  for (const ref of deployed) work.log.note(`applied: ${textOfRef(ref)}`);
  return { deployed, objects };
}

/** Runs the command that deletes. @throws Problem */
export async function deleteByCommand(
  work: Work,
  { commands, kubeconfig }: Commanding,
  { cluster, order, signal }: Asked,
): Promise<void> {
  await writeKubeconfig(kubeconfig, cluster.target);
  // What is asked to stop would not run.
  const cause = { ...work.facts.cause!, type: "Trigger" as const };
  const env = environmentOf(order.images, kubeconfig);
  const { all } = await commands.run("delete", { spec: order.spec.deleteCommand!, env, cause, signal });
  await work.log.write(all, signal);
}

/** What its last run has printed, as far as it is still kept. */
export async function lastInputs(
  { commands }: Commanding,
  { templates, hash }: Omit<Inputs, "objects">,
): Promise<Inputs> {
  const { stdout } = await commands.last("apply");
  try {
    return { objects: printed(stdout), hash, templates };
  } catch {
    return { objects: [], hash, templates };
  }
}

function environmentOf(images: Order["images"], kubeconfig: string): Record<string, string> {
  return {
    KUBECONFIG: kubeconfig,
    ...Object.fromEntries(images.map(({ env, cluster }) => [env, cluster])),
  };
}

function printed(stdout: string): KubeObject[] {
  try {
    return parseManifests([{ name: "spec.applyCommand", text: stdout }]).map(({ object }) => object);
  } catch (cause) {
    const message = `spec.applyCommand must print YAML of what it has applied, such as that of kubectl apply -o yaml: ${(cause as Error).message}; it printed: ${shown(stdout)}`;
    throw new Problem("BadYAML", message, { cause });
  }
}

async function find(cluster: Cluster, object: KubeObject): Promise<Deployed> {
  const namespace = object.metadata.namespace ?? cluster.target.namespace;
  const present = await cluster.read({ ...refOf(object), namespace });
  if (present) return { ...refOf(present), uid: present.metadata.uid ?? "" };
  throw new Problem(
    "NotApplied",
    `spec.applyCommand has printed ${textOfRef(refOf(object))}, which is not in the cluster: it must apply what it prints, to the cluster of $KUBECONFIG`,
  );
}
