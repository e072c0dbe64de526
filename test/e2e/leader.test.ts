import { CoordinationV1Api, CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect } from "vitest";
import { HttpTransport, readKubeconfig } from "../../client/index.ts";
import { Elector, type ElectorOptions } from "../helpers/leaderelection.ts";
import { bytes, envelope, integer, message, TYPE } from "../helpers/protobuf.ts";
import { test as base } from "../helpers/tiltish.ts";
import { type Deed, Witness } from "../helpers/witness.ts";

interface Fixtures {
  leases: CoordinationV1Api;
  witness: Witness;
  candidate: (identity: string, options?: Partial<ElectorOptions>) => Elector;
}

const test = base.extend<Fixtures>({
  leases: ({ session }, use) => use(configOf(session.kubeconfig).makeApiClient(CoordinationV1Api)),
  witness: async ({ session }, use) => {
    const witness = new Witness(configOf(session.kubeconfig).makeApiClient(CoreV1Api));
    await witness.create();
    await use(witness);
  },
  candidate: ({ leases }, use) =>
    use((identity, options) => new Elector({ leases, identity, name: "leader", ...options })),
});

function configOf(file: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(file);
  return config;
}

/** Nobody worked after a later one had, and no two had the same term. */
function expectOneAtATime(deeds: readonly Deed[]): void {
  const terms = deeds.map(({ term }) => term);
  expect(terms).toEqual(terms.toSorted((a, b) => a - b));
  const pairs = new Set(deeds.map(({ term, identity }) => `${term} ${identity}`));
  expect(pairs.size).toBe(new Set(terms).size);
}

describe("rule 106: leader election", () => {
  test("has one winner, however many begin at once", async ({ candidate, leases }) => {
    const all = Array.from({ length: 10 }, (_, i) => candidate(`c${i}`));
    const won = await Promise.all(all.map((each) => each.tryAcquireOrRenew()));
    expect(won.filter(Boolean)).toHaveLength(1);
    const { spec } = await leases.readNamespacedLease({ namespace: "default", name: "leader" });
    expect(spec?.holderIdentity).toBe(`c${won.indexOf(true)}`);
    expect(spec?.leaseTransitions).toBe(0);
  });

  test("goes from hand to hand many times, to one at a time", async ({ candidate, witness }) => {
    const rounds = 40;
    const done = new AbortController();
    const take = async (identity: string) => {
      const elector = candidate(identity, { retryMs: 5 });
      while (await elector.acquire(done.signal)) {
        expect(await witness.write({ term: elector.term, identity })).toBe(true);
        if (elector.term >= rounds - 1) return done.abort();
        expect(await elector.release()).toBe(true);
      }
    };
    await Promise.all(["a", "b", "c", "d"].map(take));
    const deeds = await witness.read();
    expect(deeds.map(({ term }) => term)).toEqual(Array.from({ length: rounds }, (_, i) => i));
    expect(new Set(deeds.map(({ identity }) => identity)).size).toBeGreaterThan(1);
  });

  test("refuses whoever was held up between reading and writing, once another one leads", async ({
    candidate,
    witness,
  }) => {
    const gate = new Gate();
    const slow = candidate("slow", { onRequest: (verb) => gate.pass(verb) });
    const other = candidate("other");
    expect(await slow.tryAcquireOrRenew()).toBe(true);
    expect(await witness.write({ term: slow.term, identity: "slow" })).toBe(true);

    gate.closeFor("replace");
    const renewal = slow.tryAcquireOrRenew();
    await gate.reached;
    expect(await other.tryAcquireOrRenew()).toBe(false);
    expect(await other.acquire()).toBe(true);
    expect(await witness.write({ term: other.term, identity: "other" })).toBe(true);
    gate.open();

    expect(await renewal).toBe(false);
    expect([slow.isLeader, other.isLeader]).toEqual([false, true]);
    expect(await witness.write({ term: 0, identity: "slow" })).toBe(false);
    expectOneAtATime(await witness.read());
  });

  test("outlives the server: who led before it was killed leads after it", async ({ session, candidate }) => {
    const [leader, other] = [candidate("leader", { leaseSeconds: 600 }), candidate("other")];
    expect(await leader.tryAcquireOrRenew()).toBe(true);
    const { port } = new URL(configOf(session.kubeconfig).getCurrentCluster()!.server);
    await session.crash();
    expect(await leader.tryAcquireOrRenew()).toBe(false);
    await session.serve("--port", port);
    await expect.poll(() => leader.tryAcquireOrRenew()).toBe(true);
    expect(await other.tryAcquireOrRenew()).toBe(false);
    expect(leader.term).toBe(0);
  });

  test("holds while leaders are paused and killed", async ({ session, leases, witness }) => {
    const all = new Candidates(session.kubeconfig);
    const holder = async () =>
      (await leases.readNamespacedLease({ namespace: "default", name: "leader" })).spec?.holderIdentity;
    const leadsWorking = async () => {
      const last = (await witness.read()).at(-1)?.identity;
      return last !== undefined && last === (await holder().catch(() => undefined)) ? last : undefined;
    };
    let leader = "";
    const nextLeader = async () => {
      const before = leader;
      const next = async () => (leader = (await leadsWorking()) ?? before);
      await expect.poll(next, { timeout: 60_000 }).not.toBe(before);
    };
    try {
      for (let i = 0; i < 3; i++) all.start();
      for (let round = 0; round < 8; round++) {
        await nextLeader();
        // Whoever was paused goes on, in the belief that it leads.
        all.resume();
        if (round % 2 === 0) all.pause(leader);
        else all.replace(leader);
      }
      await nextLeader();
    } finally {
      await all.stop();
    }
    const deeds = await witness.read();
    expectOneAtATime(deeds);
    expect(new Set(deeds.map(({ term }) => term)).size).toBeGreaterThanOrEqual(9);
  });
});

/** Holds up requests of one verb. */
class Gate {
  #verb: string | undefined;
  #open!: () => void;
  #isOpen = Promise.resolve();
  #reach!: () => void;
  readonly reached = new Promise<void>((resolve) => (this.#reach = resolve));

  closeFor(verb: string): void {
    this.#verb = verb;
    this.#isOpen = new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.#verb = undefined;
    this.#open();
  }

  async pass(verb: string): Promise<void> {
    if (verb !== this.#verb) return;
    this.#reach();
    await this.#isOpen;
  }
}

/** Processes that want to lead. */
class Candidates {
  readonly #kubeconfig: string;
  readonly #running = new Map<string, ChildProcess>();
  readonly #paused = new Set<ChildProcess>();
  #started = 0;

  constructor(kubeconfig: string) {
    this.#kubeconfig = kubeconfig;
  }

  start(): void {
    const identity = `candidate-${this.#started++}`;
    const program = fileURLToPath(new URL("leader-candidate.ts", import.meta.url));
    const args = ["--import", "tsx", program, this.#kubeconfig, identity];
    this.#running.set(identity, spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] }));
  }

  pause(identity: string): void {
    const child = this.#running.get(identity)!;
    child.kill("SIGSTOP");
    this.#paused.add(child);
  }

  resume(): void {
    for (const child of this.#paused) child.kill("SIGCONT");
    this.#paused.clear();
  }

  /** Kills one, and has another one come. */
  replace(identity: string): void {
    this.#running.get(identity)!.kill("SIGKILL");
    this.start();
  }

  async stop(): Promise<void> {
    const alive = [...this.#running.values()].filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    );
    const ends = alive.map((child) => once(child, "exit"));
    for (const child of alive) child.kill("SIGKILL");
    await Promise.all(ends);
  }
}

describe("rule 36: a Lease in protobuf, as client-go writes it,", () => {
  const LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
  const microTime = (field: number, seconds: number, nanos: number) =>
    message(field, integer(1, seconds), integer(2, nanos));
  const lease = (metadata: Buffer[], holder: string, renewNanos: number) =>
    envelope(
      "coordination.k8s.io/v1",
      "Lease",
      message(1, ...metadata),
      message(
        2,
        bytes(1, holder),
        integer(2, 15),
        microTime(3, 1_700_000_000, 123_456_000),
        microTime(4, 1_700_000_000, renewNanos),
        integer(5, 0),
      ),
    );

  test("is created and renewed, keeps its microseconds, and is fenced by its revision", async ({
    session,
  }) => {
    const http = new HttpTransport(await readKubeconfig({ path: session.kubeconfig }));
    const headers = { "content-type": TYPE, accept: `${TYPE},application/json` };
    const send = async (method: string, path: string, body: Buffer) => {
      const answer = await http.request(method, path, { body, headers });
      return JSON.parse(answer.body.toString()) as {
        metadata: { name: string; resourceVersion: string };
        spec: object;
      };
    };
    const created = await send("POST", LEASES, lease([bytes(1, "raw")], "me", 123_456_000));
    expect(created.spec).toEqual({
      holderIdentity: "me",
      leaseDurationSeconds: 15,
      acquireTime: "2023-11-14T22:13:20.123456Z",
      renewTime: "2023-11-14T22:13:20.123456Z",
      leaseTransitions: 0,
    });
    expect(created.metadata).not.toHaveProperty("generation");
    const at = ({ metadata }: typeof created) => [bytes(1, "raw"), bytes(6, metadata.resourceVersion)];
    const renewed = await send("PUT", `${LEASES}/raw`, lease(at(created), "me", 7_000));
    expect(renewed.spec).toMatchObject({ renewTime: "2023-11-14T22:13:20.000007Z" });
    await expect(send("PUT", `${LEASES}/raw`, lease(at(created), "you", 8_000))).rejects.toMatchObject({
      code: 409,
      reason: "Conflict",
    });
    const released = await send("PUT", `${LEASES}/raw`, lease(at(renewed), "", 9_000));
    expect(released.spec).toMatchObject({ holderIdentity: "" });
    http.close();
  });
});
