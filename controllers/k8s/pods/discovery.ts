import type { LabelSelector } from "../../../apis/meta.ts";
import { parseLabelSelector } from "../../../apis/selectors.ts";
import { labelSelectorToString } from "../../../client/index.ts";
import { nowMicro } from "../../runtime/index.ts";
import type { Cluster } from "../cluster/index.ts";
import type { Expectation } from "../engine/inputs.ts";
import { type Deployed, keyOfRef, refOf } from "../engine/refs.ts";
import type { Order } from "../engine/order.ts";
import type { Work } from "../engine/work.ts";
import { TEMPLATE_LABEL } from "../manifests/index.ts";
import { addressesOf, isComplete, jobsVerdict } from "./others.ts";
import { ownersOf } from "./owners.ts";
import { type Pod, podStatusOf, type PodStatus } from "./pod.ts";
import { type Found, podsVerdict } from "./verdict.ts";
import { Watches, type WatchedKind } from "./watches.ts";

/** What is looked for. */
interface Wanted {
  readonly inputs: Expectation;
  readonly order: Order;
  readonly deployed: readonly Deployed[];
  /** uids of which the pods descend. */
  readonly roots: ReadonlySet<string>;
}

interface DiscoveryOptions {
  readonly work: Work;
  readonly cluster: Cluster;
  readonly onPods: (found: readonly Found[]) => void;
  /** Why the output of a pod cannot be read. */
  readonly logErrorOf: (uid: string) => string | undefined;
}

/** Of more pods than that, the newest are in the status. */
const MOST_TOLD = 100;
const LOOK_AGAIN_MS = 1_000;

/** Finds the pods of what was applied, and tells how they are doing; it watches, and asks for nothing twice. */
export class Discovery {
  readonly #work: Work;
  readonly #cluster: Cluster;
  readonly #owners: ReturnType<typeof ownersOf>;
  readonly #watches: Watches;
  readonly #onPods: DiscoveryOptions["onPods"];
  readonly #logErrorOf: DiscoveryOptions["logErrorOf"];
  #wanted: Wanted | undefined;
  #isLooking = false;
  #isDirty = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #done = new Set<string>();
  /** The last pods that there were, for as long as there are no others. */
  #last: readonly PodStatus[] = [];

  constructor({ work, cluster, onPods, logErrorOf }: DiscoveryOptions) {
    this.#logErrorOf = logErrorOf;
    this.#work = work;
    this.#cluster = cluster;
    this.#owners = ownersOf(cluster);
    this.#watches = new Watches(cluster, () => this.look());
    this.#onPods = onPods;
    this.#last = work.facts.pods ?? [];
    if (work.observation.verdicts.JobComplete?.status === "True")
      this.#done = new Set(jobsIn(work.facts.deployed ?? []).flatMap(({ uid }) => uid ?? []));
  }

  /** Looks for the pods of what is applied now. */
  async watch(order: Order, inputs: Expectation): Promise<void> {
    const { deployed = [] } = this.#work.facts;
    const refs = await this.#refs(order);
    const roots = new Set([...deployed, ...refs].flatMap(({ uid }) => uid ?? []));
    this.#wanted = { inputs, order, deployed, roots };
    const hasSelectors = (order.spec.podSelectors ?? []).length > 0;
    const home = hasSelectors ? [{ kind: "", name: "", namespace: this.#cluster.target.namespace }] : [];
    await Promise.all([
      this.#watches.ensure("Pod", namespacesOf([...deployed, ...refs, ...home])),
      this.#watches.ensure("Service", namespacesOf(servicesIn(deployed))),
      this.#watches.ensure("Job", namespacesOf(jobsIn(deployed))),
    ]);
    this.look();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#watches.close();
  }

  /** Objects that others have made, and whose pods are ours. */
  async #refs({ spec }: Order): Promise<Deployed[]> {
    const { namespace } = this.#cluster.target;
    const found = await Promise.all(
      (spec.objectRefs ?? []).map((ref) => this.#cluster.read({ namespace, ...ref })),
    );
    return found.flatMap((object) => (object ? [{ ...refOf(object), uid: object.metadata.uid ?? "" }] : []));
  }

  /** Once more, if something happens while it looks. */
  look(): void {
    this.#isDirty = true;
    if (!this.#isLooking) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isLooking = true;
    while (this.#isDirty && !this.#isClosed) {
      this.#isDirty = false;
      await Promise.resolve(); // what came in one piece is looked at in one piece
      try {
        await this.#lookOnce();
      } catch {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.look(), LOOK_AGAIN_MS);
      }
    }
    this.#isLooking = false;
  }

  async #lookOnce(): Promise<void> {
    const wanted = this.#wanted;
    if (!wanted || !this.#watches.isSynced) return;
    const found = await this.#found(wanted);
    if (this.#isClosed || wanted !== this.#wanted) return;
    this.#tellJobs(wanted);
    this.#tellPods(wanted, found);
    const services = this.#ours("Service", wanted);
    this.#work.see({ loadBalancers: services.length > 0 ? addressesOf(services) : undefined });
    this.#onPods(found);
  }

  async #found({ roots, inputs, order }: Wanted): Promise<Found[]> {
    const selects = (order.spec.podSelectors ?? []).map(matcherOf);
    const pods = this.#watches.list("Pod") as Pod[];
    const found = await Promise.all(
      pods.map(async (pod) => {
        const ancestor = await this.#owners.ancestorOf(pod, roots);
        const isSelected = selects.some((matches) => matches(pod.metadata.labels));
        const hash = pod.metadata.labels?.[TEMPLATE_LABEL];
        const isCurrent = hash === undefined || inputs.templates.includes(hash);
        return ancestor || isSelected ? [{ pod, ancestor, isCurrent }] : [];
      }),
    );
    return found.flat().toSorted((a, b) => (createdOf(a) < createdOf(b) ? -1 : 1));
  }

  #ours(kind: WatchedKind, { deployed }: Wanted) {
    const uids = new Set(deployed.map(({ uid }) => uid));
    return this.#watches.list(kind).filter(({ metadata }) => uids.has(metadata.uid));
  }

  #tellJobs(wanted: Wanted): void {
    const uids = jobsIn(wanted.deployed).flatMap(({ uid }) => uid ?? []);
    if (uids.length === 0) return this.#work.judge("JobComplete", undefined);
    const jobs = this.#ours("Job", wanted);
    for (const job of jobs) if (isComplete(job)) this.#done.add(job.metadata.uid ?? "");
    this.#work.judge("JobComplete", jobsVerdict(uids, jobs, this.#done));
  }

  #statusOf({ pod, ancestor }: Found): PodStatus {
    const logError = this.#logErrorOf(pod.metadata.uid ?? "");
    return { ...podStatusOf(pod, ancestor), ...(logError && { logError }) };
  }

  #tellPods(wanted: Wanted, found: readonly Found[]): void {
    const { mode, uids } = { mode: wanted.order.spec.podReadinessMode, uids: expectedIn(wanted) };
    const verdict = podsVerdict(found, { uids, done: this.#done, mode });
    const before = this.#work.observation.verdicts.PodsReady;
    const pods = found.slice(-MOST_TOLD).map((each) => this.#statusOf(each));
    if (pods.length > 0) this.#last = pods;
    const gone = this.#last.map((pod) => ({ ...pod, ready: false, deleted: true }));
    this.#work.see({
      pods: pods.length > 0 ? pods : gone,
      ...(verdict.status === "True" && before?.status !== "True" && { lastReadyOrSucceededTime: nowMicro() }),
    });
    this.#work.judge("PodsReady", verdict);
    if (verdict.reason === before?.reason && verdict.message === before.message) return;
    const isBad = verdict.status !== "True" && !["NoPods", "PodsNotReady"].includes(verdict.reason);
    if (isBad) this.#work.tell("Warning", verdict.reason, verdict.message);
    else if (verdict.status === "True") this.#work.tell("Normal", verdict.reason, verdict.message);
  }
}

/** An empty selector would take every pod there is for ours. */
function matcherOf(selector: LabelSelector) {
  const text = labelSelectorToString(selector);
  return text === "" ? () => false : parseLabelSelector(text);
}

const createdOf = ({ pod: { metadata } }: Found): string => `${metadata.creationTimestamp} ${metadata.name}`;

const namespacesOf = (refs: readonly Deployed[]): string[] => [
  ...new Set(refs.flatMap(({ namespace }) => namespace ?? [])),
];

const jobsIn = (refs: readonly Deployed[]): Deployed[] => refs.filter(({ kind }) => kind === "Job");
const servicesIn = (refs: readonly Deployed[]): Deployed[] =>
  refs.filter(({ kind, apiVersion = "v1" }) => kind === "Service" && apiVersion === "v1");

/** uids of those of which a pod must come. */
function expectedIn({ inputs, deployed }: Wanted): string[] {
  const names = new Set(inputs.makers);
  return deployed
    .filter((ref) => names.has(keyOfRef({ ...ref, namespace: "" })))
    .flatMap(({ uid }) => uid ?? []);
}
