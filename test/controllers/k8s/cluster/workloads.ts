import type { Kind } from "../../../../apis/kind.ts";
import type { KubeObject } from "../../../../apis/meta.ts";
import type { Client } from "../../../../client/index.ts";
import { ownerReferenceTo } from "../../../../controllers/runtime/index.ts";
import { hashOf } from "../../../../controllers/k8s/manifests/index.ts";
import { podStatusOf } from "./kubelet.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- objects of a cluster have any shape
export type Loose = KubeObject & Record<string, any>;

/**
 * In the role of kube-controller-manager and kubelet: a ReplicaSet for each Deployment, Pods for ReplicaSets and Jobs,
 * and a status for each of them, as their images have it.
 */
export class Workloads {
  readonly #client: Client;
  readonly #kinds: ReadonlyMap<string, Kind>;
  readonly #abort = new AbortController();
  #work: Promise<void> = Promise.resolve();
  /** Pods stay Pending while it is true. */
  isSlow = false;
  /** Nothing is done while it is true. */
  isIdle = false;

  constructor(client: Client, kinds: readonly Kind[]) {
    this.#client = client;
    this.#kinds = new Map(kinds.map((kind) => [kind.kind, kind]));
  }

  start(): void {
    for (const kind of this.#kinds.values()) void this.#follow(kind);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#work;
  }

  kind(name: string): Kind {
    return this.#kinds.get(name)!;
  }

  /** All objects of a kind. */
  async list(kind: string): Promise<Loose[]> {
    const { items } = await this.#client.list(this.kind(kind), { allNamespaces: true });
    return structuredClone(items);
  }

  async setStatus(object: Loose, status: object): Promise<void> {
    await this.#client
      .setStatus(this.kind(object.kind), object as never, status as never)
      .catch(() => undefined);
  }

  /** Looks at everything once more. */
  again(): Promise<void> {
    this.#work = this.#work.then(() => this.#look()).catch(() => undefined);
    return this.#work;
  }

  async #follow(kind: Kind): Promise<void> {
    const options = { allNamespaces: true, signal: this.#abort.signal };
    for await (const _ of this.#client.watch(kind, options)) void this.again();
  }

  async #look(): Promise<void> {
    if (this.#abort.signal.aborted || this.isIdle) return;
    for (const deployment of await this.list("Deployment")) await this.#roll(deployment);
    for (const set of await this.list("ReplicaSet")) await this.#fill(set, set.spec?.replicas ?? 1);
    for (const job of await this.list("Job")) await this.#runJob(job);
    for (const pod of await this.list("Pod")) await this.#runPod(pod);
    for (const service of await this.list("Service")) await this.#balance(service);
  }

  /** One ReplicaSet for the present template; those of earlier ones go. */
  async #roll(deployment: Loose): Promise<void> {
    const { name } = deployment.metadata;
    const { template, replicas = 1 } = deployment.spec;
    const wanted = `${name}-${hashOf(template).slice(0, 8)}`;
    const sets = (await this.list("ReplicaSet")).filter((set) => isChild(set, deployment));
    for (const set of sets) if (set.metadata.name !== wanted) await this.#delete(set);
    const present = sets.find((set) => set.metadata.name === wanted);
    if (!present) await this.#create("ReplicaSet", wanted, deployment, { spec: { replicas, template } });
    else if (present.spec.replicas !== replicas)
      await this.#client.patch(this.kind("ReplicaSet"), present.metadata, { spec: { replicas } });
  }

  async #fill(owner: Loose, count: number): Promise<void> {
    const pods = (await this.list("Pod")).filter((pod) => isChild(pod, owner));
    for (const pod of pods.slice(count)) await this.#delete(pod);
    for (let i = pods.length; i < count; i++) {
      const { metadata = {}, spec } = owner.spec.template;
      const suffix = Math.random().toString(36).slice(2, 7);
      await this.#create("Pod", `${owner.metadata.name}-${suffix}`, owner, { spec }, metadata.labels);
    }
  }

  async #runJob(job: Loose): Promise<void> {
    await this.#fill(job, 1);
    const [pod] = (await this.list("Pod")).filter((each) => isChild(each, job));
    if (pod?.status?.phase !== "Succeeded" || job.status?.succeeded) return;
    const conditions = [{ type: "Complete", status: "True" }];
    await this.setStatus(job, { succeeded: 1, conditions });
  }

  async #runPod(pod: Loose): Promise<void> {
    const status = podStatusOf(pod, this.isSlow);
    if (status) await this.setStatus(pod, status);
  }

  async #balance(service: Loose): Promise<void> {
    if (service.spec?.type !== "LoadBalancer" || service.status?.loadBalancer) return;
    await this.setStatus(service, { loadBalancer: { ingress: [{ ip: "192.0.2.7" }] } });
  }

  async #delete({ kind, metadata }: Loose): Promise<void> {
    await this.#client.delete(this.kind(kind), metadata, { propagationPolicy: "Background" });
  }

  // oxlint-disable-next-line eslint/max-params -- what, its name, whose, what of it
  async #create(kind: string, name: string, owner: Loose, fields: object, labels = {}): Promise<void> {
    const { namespace } = owner.metadata;
    const metadata = { name, namespace, labels, ownerReferences: [ownerReferenceTo(owner)] };
    await this.#client.createObject(this.kind(kind), { metadata, ...fields }).catch(() => undefined);
  }
}

const isChild = (object: Loose, owner: Loose): boolean =>
  object.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) ?? false;
