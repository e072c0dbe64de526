import { type CoordinationV1Api, V1MicroTime, type V1Lease } from "@kubernetes/client-node";
import { isDeepStrictEqual } from "node:util";
import { setTimeout } from "node:timers/promises";

export interface ElectorOptions {
  leases: CoordinationV1Api;
  identity: string;
  name: string;
  leaseSeconds?: number;
  renewDeadlineMs?: number;
  retryMs?: number;
  /** Called before each request, so that a candidate may be held up just there. */
  onRequest?: (verb: "get" | "create" | "replace") => Promise<void>;
}

const codeOf = (error: unknown): number | undefined => (error as { code?: number }).code;

/**
 * A candidate for a Lease, by the algorithm of client-go: whoever sees the Lease unchanged for its whole duration, by
 * the candidate's own clock, may take it over; the resourceVersion decides who of several does.
 */
export class Elector {
  readonly #options: Required<ElectorOptions>;
  #observed: V1Lease | undefined;
  #observedAtMs = 0;

  constructor(options: ElectorOptions) {
    this.#options = {
      leaseSeconds: 1,
      renewDeadlineMs: 600,
      retryMs: 60,
      onRequest: async () => undefined,
      ...options,
    };
  }

  /** As far as it knows. */
  get isLeader(): boolean {
    return this.#observed?.spec?.holderIdentity === this.#options.identity;
  }

  /** How often the Lease had changed hands when it was last seen: the number that fences whoever held it before. */
  get term(): number {
    return this.#observed?.spec?.leaseTransitions ?? 0;
  }

  /** Resolves when it leads; false if it is told to stop before. */
  async acquire(signal?: AbortSignal): Promise<boolean> {
    const isStopped = () => signal?.aborted === true;
    while (!isStopped()) {
      if (await this.tryAcquireOrRenew()) return true;
      await this.#pause(signal);
    }
    return false;
  }

  /** Resolves when it leads no more. */
  async renew(): Promise<void> {
    let renewedMs = performance.now();
    const isLate = () => performance.now() - renewedMs >= this.#options.renewDeadlineMs;
    while (!isLate()) {
      if (await this.tryAcquireOrRenew()) renewedMs = performance.now();
      else if (!this.isLeader) return;
      await this.#pause();
    }
  }

  async tryAcquireOrRenew(): Promise<boolean> {
    try {
      if (this.isLeader && (await this.#replace(this.#observed!, this.#renewed(this.#observed!))))
        return true;
      const lease = await this.#read();
      if (!lease) return await this.#create();
      if (!isDeepStrictEqual(lease.spec, this.#observed?.spec)) this.#observedAtMs = performance.now();
      this.#observed = lease;
      if (lease.spec?.holderIdentity && !this.isLeader && !this.#isExpired(lease)) return false;
      return await this.#replace(lease, this.isLeader ? this.#renewed(lease) : this.#taken(lease));
    } catch {
      return false; // whatever went wrong is tried again, for as long as the deadline allows
    }
  }

  /** Gives the Lease up, so that nobody has to wait for its end. */
  async release(): Promise<boolean> {
    if (!this.isLeader) return true;
    const now = new V1MicroTime();
    const { leaseTransitions } = this.#observed!.spec!;
    const times = { acquireTime: now, renewTime: now };
    return this.#replace(this.#observed!, {
      holderIdentity: "",
      leaseDurationSeconds: 1,
      leaseTransitions,
      ...times,
    });
  }

  #isExpired({ spec }: V1Lease): boolean {
    return performance.now() - this.#observedAtMs >= (spec?.leaseDurationSeconds ?? 0) * 1_000;
  }

  #renewed({ spec }: V1Lease): V1Lease["spec"] {
    const { identity, leaseSeconds } = this.#options;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: leaseSeconds,
      acquireTime: spec?.acquireTime,
      renewTime: new V1MicroTime(),
      leaseTransitions: spec?.leaseTransitions,
    };
  }

  #taken({ spec }: Pick<V1Lease, "spec">): V1Lease["spec"] {
    const { identity, leaseSeconds } = this.#options;
    const leaseTransitions = (spec?.leaseTransitions ?? 0) + 1;
    const now = new V1MicroTime();
    return {
      holderIdentity: identity,
      leaseDurationSeconds: leaseSeconds,
      acquireTime: now,
      renewTime: now,
      leaseTransitions,
    };
  }

  async #read(): Promise<V1Lease | undefined> {
    const { leases, name, onRequest } = this.#options;
    await onRequest("get");
    try {
      return await leases.readNamespacedLease({ namespace: "default", name });
    } catch (error) {
      if (codeOf(error) === 404) return undefined;
      throw error;
    }
  }

  async #create(): Promise<boolean> {
    const { leases, name, onRequest } = this.#options;
    await onRequest("create");
    const body = { metadata: { name }, spec: this.#taken({ spec: { leaseTransitions: -1 } }) };
    this.#see(await leases.createNamespacedLease({ namespace: "default", body }));
    return true;
  }

  /** False if it is no longer as it was read. */
  async #replace({ metadata }: V1Lease, spec: V1Lease["spec"]): Promise<boolean> {
    const { leases, name, onRequest } = this.#options;
    await onRequest("replace");
    try {
      this.#see(
        await leases.replaceNamespacedLease({ namespace: "default", name, body: { metadata, spec } }),
      );
      return true;
    } catch (error) {
      if (codeOf(error) === 409) return false;
      throw error;
    }
  }

  #see(lease: V1Lease): void {
    this.#observed = lease;
    this.#observedAtMs = performance.now();
  }

  /** Not all at once: whoever always comes last would never be served. */
  async #pause(signal?: AbortSignal): Promise<void> {
    await setTimeout(this.#options.retryMs * (1 + 0.2 * Math.random()), undefined, { signal }).catch(
      () => undefined,
    );
  }
}
