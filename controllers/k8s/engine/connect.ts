import type { K8sResource } from "../../../apis/v1alpha1/index.ts";
import { Namespace } from "../../../apis/core/index.ts";
import { Cluster } from "../cluster/index.ts";
import {
  guard,
  kubeconfigFiles,
  refuseOwn,
  resolveTarget,
  type Target,
  type Wanted,
} from "../target/index.ts";
import { no, yes } from "./observation.ts";
import { type Deployed, textOfRef, without } from "./refs.ts";
import { removeAll } from "./removing.ts";
import type { Work } from "./work.ts";

const PING_EVERY_MS = 15_000;

type Spec = K8sResource["spec"];

/** Holds the connection to the cluster that the spec means, and finds out whether it is still the same. */
export class Connection {
  readonly #work: Work;
  readonly #stateDirectory: string;
  #cluster: Cluster | undefined;
  #key = "";
  #pingedMs = 0;
  /** Counts clusters: what was begun with an earlier one is over. */
  age = 0;

  /** @param stateDirectory - That of this server, which is no cluster. */
  constructor(work: Work, stateDirectory: string) {
    this.#stateDirectory = stateDirectory;
    this.#work = work;
  }

  /** A kubeconfig has changed: nothing of it is believed any more. */
  forget(): void {
    this.#cluster?.close();
    this.#cluster = undefined;
  }

  get cluster(): Cluster | undefined {
    return this.#cluster;
  }

  /**
   * The cluster, asked whether it is there.
   *
   * @throws Problem
   */
  async ensure(spec: Spec, home: string, signal: AbortSignal): Promise<Cluster> {
    const wanted = this.#pinned(spec);
    const { kubeconfig, context, namespace } = spec;
    const key = JSON.stringify([kubeconfig, context, namespace, home]);
    if (key !== this.#key) this.forget();
    this.#key = key;
    const target = this.#cluster?.target ?? (await resolveTarget(wanted, home));
    guard(target, spec.allowContexts);
    if (!this.#cluster) await refuseOwn(target, this.#stateDirectory);
    if (!this.#cluster) await this.#open(target, { home, signal, wanted });
    else if (Date.now() - this.#pingedMs > PING_EVERY_MS) await this.#ping(this.#cluster);
    return this.#cluster!;
  }

  /** Something was not answered: before anything else is asked, it is asked whether it answers at all. */
  doubt(): void {
    this.#pingedMs = 0;
  }

  /** The cluster that holds what was applied, for it to be deleted; whatever the spec says now. */
  async reopen(spec: Spec, home: string): Promise<Cluster> {
    const { kubeconfig, context, namespace } = this.#work.facts.target ?? spec;
    const target = await resolveTarget({ kubeconfig, context, namespace }, home);
    if (this.#cluster?.target.server === target.server) return this.#cluster;
    this.forget();
    this.#cluster = new Cluster(target);
    this.age++;
    await this.#ping(this.#cluster);
    return this.#cluster;
  }

  /** That somebody switches the current context in another terminal moves nothing that was applied. */
  #pinned({ kubeconfig, context, namespace }: Spec): Wanted {
    const { target, deployed } = this.#work.facts;
    const isPinned = context === undefined && target?.kubeconfig === kubeconfig && deployed?.length;
    return { kubeconfig, context: isPinned ? target?.context : context, namespace };
  }

  async #open(target: Target, { home, signal, wanted }: Opening): Promise<void> {
    const cluster = new Cluster(target);
    try {
      await this.#ping(cluster);
      const uid = await uidOf(cluster);
      const { context, server, namespace } = target;
      const present = { context, server, namespace, kubeconfig: wanted.kubeconfig, ...(uid && { uid }) };
      await this.#leave(present, home, signal);
      this.#work.see({ target: present });
    } catch (error) {
      cluster.close();
      throw cluster.problemOf(error);
    }
    this.#cluster = cluster;
    this.age++;
  }

  async #ping(cluster: Cluster): Promise<void> {
    try {
      await cluster.transport.request("GET", "/version");
      this.#pingedMs = Date.now();
      const { context, server } = cluster.target;
      this.#work.judge("Connected", yes("Connected", `${context} answers at ${server}`));
    } catch (error) {
      const problem = cluster.problemOf(error);
      this.#work.judge("Connected", no(problem.reason, problem.message));
      throw problem;
    }
  }

  /** What was applied elsewhere is deleted there, as far as there is still somebody to ask. */
  async #leave(next: Place, home: string, signal: AbortSignal): Promise<void> {
    const { target: before, deployed = [] } = this.#work.facts;
    if (!before || deployed.length === 0) return;
    if (isSameCluster(before, next)) return;
    const old = await this.#oldCluster(before, home);
    if (old) await this.#removeFrom(old, deployed, signal);
    this.#work.see({
      deployed: undefined,
      deployedUIDs: undefined,
      appliedInputHash: undefined,
      pods: undefined,
    });
  }

  /** Undefined for one that was made anew: nothing of what was applied is left in it. */
  async #oldCluster(before: Place, home: string): Promise<Cluster | undefined> {
    const target = await resolveTarget(before, home).catch(() => undefined);
    if (!target || target.server !== before.server) return undefined;
    const cluster = new Cluster(target);
    const uid = await uidOf(cluster).catch(() => undefined);
    return before.uid !== undefined && uid !== before.uid ? undefined : cluster;
  }

  async #removeFrom(cluster: Cluster, refs: readonly Deployed[], signal: AbortSignal): Promise<void> {
    let left = refs;
    try {
      const { owner } = this.#work;
      await removeAll(cluster, refs, { signal, owner, onGone: (ref) => (left = without(left, [ref])) });
    } catch (error) {
      const names = left.slice(0, 5).map(textOfRef).join(", ");
      const { message } = cluster.problemOf(error);
      this.#work.tell("Warning", "LeftBehind", `${names} stays in ${cluster.target.context}: ${message}`);
    } finally {
      cluster.close();
    }
  }
}

type Place = NonNullable<Work["facts"]["target"]>;

/** One that was made anew at the same address is another one, and one that has moved is the same. */
const isSameCluster = (a: Place, b: Place): boolean =>
  a.uid && b.uid ? a.uid === b.uid : a.server === b.server;

interface Opening {
  home: string;
  signal: AbortSignal;
  wanted: Wanted;
}

/** The uid of kube-system tells clusters apart that have one address, one after the other. */
async function uidOf(cluster: Cluster): Promise<string | undefined> {
  const system = await cluster.client.get(Namespace, "kube-system").catch(() => undefined);
  return system?.metadata.uid;
}

/** Files whose change may change where a spec leads to. */
export const filesOf = ({ kubeconfig }: Spec, home: string): string[] => kubeconfigFiles(kubeconfig, home);
