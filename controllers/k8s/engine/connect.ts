import type { K8sResource } from "../../../apis/v1alpha1/index.ts";
import type { Cluster, Clusters } from "../cluster/index.ts";
import { Problem } from "../problem.ts";
import {
  guard,
  kubeconfigFiles,
  refuseOwn,
  resolveTarget,
  type Target,
  type Wanted,
} from "../target/index.ts";
import { isSameCluster, type Place } from "./identity.ts";
import { leavePlace } from "./leaving.ts";
import { no, yes } from "./observation.ts";
import type { Work } from "./work.ts";

type Spec = K8sResource["spec"];

interface ConnectionOptions {
  readonly clusters: Clusters;
  /** That of this server, which is no cluster. */
  readonly stateDirectory: string;
}

/** Holds the connection to the cluster that the spec means, and finds out whether it is still the same. */
export class Connection {
  readonly #work: Work;
  readonly #options: ConnectionOptions;
  #cluster: Cluster | undefined;
  #key = "";

  constructor(work: Work, options: ConnectionOptions) {
    this.#work = work;
    this.#options = options;
  }

  /** A kubeconfig has changed: nothing of it is believed any more. */
  forget(): void {
    if (this.#cluster) this.#options.clusters.release(this.#cluster);
    this.#cluster = undefined;
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
    if (this.#cluster) guard(this.#cluster.target, spec.allowContexts);
    if (this.#cluster && !(await this.#isSame(this.#cluster))) this.forget();
    if (this.#cluster) return this.#cluster;
    const target = await resolveTarget(wanted, home);
    guard(target, spec.allowContexts);
    await refuseOwn(target, this.#options.stateDirectory);
    const cluster = await this.#open(target, { home, signal, wanted });
    this.#key = key;
    return cluster;
  }

  /** Something was not answered: before anything else is asked, it is asked whether it answers at all. */
  doubt(): void {
    this.#cluster?.doubt();
  }

  /**
   * The cluster that holds what was applied, for it to be deleted; whatever the spec says now. It needs no permission of
   * the guard, for it is none but the one that had it. Undefined if it was made anew: nothing of it is left.
   *
   * @throws Problem if it is another cluster to which the context leads now.
   */
  async reopen(spec: Spec, home: string): Promise<Cluster | undefined> {
    const { target: place } = this.#work.facts;
    const { kubeconfig, context, namespace } = place ?? spec;
    const target = await resolveTarget({ kubeconfig, context, namespace }, home);
    if (!place) guard(target, spec.allowContexts);
    await refuseOwn(target, this.#options.stateDirectory);
    const cluster = this.#options.clusters.acquire(target);
    this.forget();
    // It is not what the spec means, or need not be.
    this.#key = "";
    this.#cluster = cluster;
    const { server } = target;
    const uid = await this.#ask(cluster);
    if (!place || isSameCluster(place, { server, uid })) return cluster;
    if (place.server === server) return undefined;
    throw elsewhere(place, target);
  }

  /** That somebody switches the current context in another terminal moves nothing that was applied. */
  #pinned({ kubeconfig, context, namespace }: Spec): Wanted {
    const { target, deployed = [], applyingInputHash } = this.#work.facts;
    // What a command has half done nobody can name, and it is there.
    const isThere = deployed.length > 0 || applyingInputHash !== undefined;
    const isPinned = context === undefined && target?.kubeconfig === kubeconfig && isThere;
    return { kubeconfig, context: isPinned ? target?.context : context, namespace };
  }

  /** Whether it is the cluster that it was; at its address may be another one now. */
  async #isSame(cluster: Cluster): Promise<boolean> {
    const uid = await this.#ask(cluster);
    const { target } = this.#work.facts;
    return !target || isSameCluster(target, { server: cluster.target.server, uid });
  }

  async #open(target: Target, { home, signal, wanted }: Opening): Promise<Cluster> {
    const { clusters } = this.#options;
    const cluster = clusters.acquire(target);
    try {
      const uid = await this.#ask(cluster);
      const { context, server, namespace } = target;
      const next = { context, server, namespace, kubeconfig: wanted.kubeconfig, ...(uid && { uid }) };
      await leavePlace(this.#work, { clusters, next, home, signal });
      this.#work.see({ target: next });
    } catch (error) {
      clusters.release(cluster);
      throw cluster.problemOf(error);
    }
    this.#cluster = cluster;
    return cluster;
  }

  /** Whether it answers, and who it is. */
  async #ask(cluster: Cluster): Promise<string | undefined> {
    try {
      const uid = await cluster.uid();
      const { context, server } = cluster.target;
      this.#work.judge("Connected", yes("Connected", `${context} answers at ${server}`));
      return uid;
    } catch (error) {
      const problem = cluster.problemOf(error);
      this.#work.judge("Connected", no(problem.reason, problem.message));
      throw problem;
    }
  }
}

interface Opening {
  home: string;
  signal: AbortSignal;
  wanted: Wanted;
}

const elsewhere = ({ context, server }: Place, target: Target): Problem =>
  new Problem(
    "ClusterChanged",
    `the context ${context} leads now to another cluster, at ${target.server}, than the one that it was applied to, at ${server}: nothing is deleted there; correct the kubeconfig`,
  );

/** Files whose change may change where a spec leads to. */
export const filesOf = ({ kubeconfig }: Spec, home: string): string[] => kubeconfigFiles(kubeconfig, home);
