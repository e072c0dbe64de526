import type { Cause } from "../../../apis/v1alpha1/index.ts";
import { triggerValueOf } from "../../runtime/index.ts";
import type { Cluster } from "../cluster/index.ts";
import type { Commands, Role } from "../commands/command.ts";
import { shownOutput } from "../commands/failures.ts";
import { removeKubeconfig, writeKubeconfig } from "../commands/kubeconfig.ts";
import { hashOf, parseManifests, podTemplatesIn } from "../manifests/index.ts";
import { Problem } from "../problem.ts";
import type { Target } from "../target/index.ts";
import type { Applied } from "./applying.ts";
import { makersIn, nothingIn } from "./inputs.ts";
import type { Order } from "./order.ts";
import { type Deployed, refOf, textOfRef } from "./refs.ts";
import { inTurns } from "./turns.ts";
import type { Work } from "./work.ts";

/** Hash of all that a command depends on. How long it may take makes no difference. */
export function commandHash({ spec, images }: Order, { server, namespace }: Target): string {
  const { timeout: _, ...command } = spec.applyCommand!;
  return hashOf({ command, server, namespace, images });
}

interface Asked {
  readonly cluster: Cluster;
  readonly order: Pick<Order, "spec" | "images">;
  readonly signal: AbortSignal;
}

/** What is kept of what a command has printed: that may have been much. */
interface Printed {
  readonly refs: readonly Deployed[];
  readonly makers: readonly string[];
  /** Which of them is the first that pods are made from. */
  readonly ancestor: number;
}

interface CommanderOptions {
  readonly commands: Commands;
  /** Where the kubeconfig for them lies. */
  readonly kubeconfig: string;
}

/** Has the commands of an object apply and delete, and understands what they print. */
export class Commander {
  readonly #work: Work;
  readonly #commands: Commands;
  readonly #kubeconfig: string;
  /** What the last run has printed, and by which cause it ran. */
  #last: { trigger: string; printed: Printed } | undefined;

  constructor(work: Work, { commands, kubeconfig }: CommanderOptions) {
    this.#work = work;
    this.#commands = commands;
    this.#kubeconfig = kubeconfig;
  }

  /**
   * Runs the command that applies, and finds in the cluster what it says to have applied.
   *
   * @throws Problem
   */
  async apply(asked: Asked): Promise<Applied> {
    const { cluster } = asked;
    const trigger = triggerValueOf(this.#work.facts.cause!);
    if (this.#last?.trigger !== trigger) {
      const stdout = await this.#run("apply", asked);
      this.#last = { trigger, printed: printed(stdout, cluster.target.namespace) };
    }
    const { refs, ancestor } = this.#last.printed;
    const deployed = await inTurns(refs, (ref) => find(cluster, ref));
    for (const ref of deployed) this.#work.log.note(`applied: ${textOfRef(ref)}`);
    return { deployed, ancestor: deployed[ancestor]?.uid, taken: [] };
  }

  /** Runs the command that deletes. @throws Problem */
  async remove(asked: Asked): Promise<void> {
    await this.#run("delete", asked);
  }

  /** Of what was applied last, those of which a pod must come. */
  async makers(): Promise<readonly string[]> {
    if (this.#last) return this.#last.printed.makers;
    const trigger = triggerValueOf(this.#work.facts.cause!);
    const nothing: Printed = { refs: [], makers: [], ancestor: -1 };
    const kept = await this.#commands
      .last("apply")
      .then((stdout) => printed(stdout, ""))
      .catch(() => nothing);
    this.#last = { trigger, printed: kept };
    return kept.makers;
  }

  /** @returns whether one ran. */
  cancel(cause: Cause): boolean {
    return this.#commands.cancel(cause);
  }

  /** One that is still at it would apply what is deleted now, or the other way round. */
  async end(role: Role, signal: AbortSignal): Promise<void> {
    if (role === "apply") this.#last = undefined;
    await this.#commands.end(role, signal);
  }

  /** Nothing of it is needed any more. */
  forget(): Promise<void> {
    return removeKubeconfig(this.#kubeconfig);
  }

  async #run(role: Role, { cluster, order, signal }: Asked): Promise<string> {
    await writeKubeconfig(this.#kubeconfig, cluster.target);
    const { cause } = this.#work.facts;
    return this.#commands.run(role, {
      spec: (role === "apply" ? order.spec.applyCommand : order.spec.deleteCommand)!,
      env: environmentOf(order.images, this.#kubeconfig),
      // What is asked to stop would not run.
      cause: role === "apply" ? cause! : { ...cause!, type: "Trigger" },
      signal,
      log: (lines) => this.#work.log.write(lines, signal),
    });
  }
}

function environmentOf(images: Order["images"], kubeconfig: string): Record<string, string> {
  return {
    KUBECONFIG: kubeconfig,
    ...Object.fromEntries(images.map(({ env, cluster }) => [env, cluster])),
  };
}

function printed(stdout: string, namespace: string): Printed {
  const objects = objectsIn(stdout, namespace);
  return {
    refs: objects.map(refOf),
    makers: makersIn(objects),
    ancestor: objects.findIndex((object) => podTemplatesIn(object).length > 0),
  };
}

function objectsIn(stdout: string, namespace: string) {
  let manifests;
  try {
    manifests = parseManifests([{ name: "spec.applyCommand", text: stdout }], namespace);
  } catch (cause) {
    const message = `spec.applyCommand must print YAML of what it has applied, such as that of kubectl apply -o yaml: ${(cause as Error).message}; it printed: ${shownOutput(stdout)}`;
    throw new Problem("BadYAML", message, { isFinal: true, cause });
  }
  if (manifests.length === 0) throw nothingIn("the output of spec.applyCommand", { isFinal: true });
  return manifests.map(({ object }) => object);
}

async function find(cluster: Cluster, ref: Deployed): Promise<Deployed> {
  const present = await cluster.read({ ...ref, namespace: ref.namespace ?? cluster.target.namespace });
  if (present) return { ...refOf(present), uid: present.metadata.uid ?? "" };
  throw new Problem(
    "NotApplied",
    `spec.applyCommand has printed ${textOfRef(ref)}, which is not in the cluster: it must apply what it prints, to the cluster of $KUBECONFIG`,
    { isPassing: true },
  );
}
