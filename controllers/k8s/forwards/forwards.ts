import type { Cluster } from "../cluster/index.ts";
import type { Work } from "../engine/work.ts";
import { isEnding, isReady } from "../pods/pod.ts";
import type { Found } from "../pods/verdict.ts";
import { Forward, type PodName, type PortSpec } from "./forward.ts";

/** The ports of this machine that lead to a pod. */
export class Forwards {
  readonly #work: Work;
  readonly #cluster: Cluster;
  readonly #forwards = new Map<string, Forward>();

  constructor(work: Work, cluster: Cluster) {
    this.#work = work;
    this.#cluster = cluster;
  }

  /** Leads ports to the pod that runs; to none while none does. */
  follow(found: readonly Found[], specs: readonly PortSpec[] = []): void {
    const pod = targetIn(found);
    const wanted = new Map(pod ? specs.map((spec) => [JSON.stringify(spec), spec]) : []);
    for (const [key, forward] of this.#forwards) if (!wanted.has(key)) this.#end(key, forward);
    if (pod) for (const [key, spec] of wanted) this.#ensure(key, spec, pod);
    this.#tell();
  }

  close(): void {
    for (const [key, forward] of this.#forwards) this.#end(key, forward);
  }

  #ensure(key: string, spec: PortSpec, pod: PodName): void {
    const known = this.#forwards.get(key);
    if (known) return known.lead(pod);
    const options = { cluster: this.#cluster, pod, onChange: () => this.#tell() };
    this.#forwards.set(key, new Forward(spec, options));
  }

  #end(key: string, forward: Forward): void {
    forward.close();
    this.#forwards.delete(key);
  }

  #tell(): void {
    const all = [...this.#forwards.values()].map(({ status }) => status);
    this.#work.see({ portForwards: all.length > 0 ? all : undefined });
  }
}

/** The newest of the present template that runs; one that is ready before one that is not. */
function targetIn(found: readonly Found[]): PodName | undefined {
  const running = found.filter(({ pod }) => pod.status?.phase === "Running" && !isEnding(pod));
  const current = running.filter(({ isCurrent }) => isCurrent);
  const choice = current.length > 0 ? current : running;
  const chosen = choice.findLast(({ pod }) => isReady(pod)) ?? choice.at(-1);
  const { namespace = "", name } = chosen?.pod.metadata ?? {};
  return name === undefined ? undefined : { namespace, name };
}
