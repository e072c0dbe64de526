import type { LocalProcess } from "../../../../apis/v1alpha1/index.ts";
import { usageReaders } from "../../../../apis/views/index.ts";
import { Client } from "../../../../client/index.ts";
import { Memories } from "../../../../controllers/localprocess/memory.ts";
import { Reconciler } from "../../../../controllers/localprocess/reconcile.ts";
import { tellStopped } from "../../../../controllers/localprocess/startup.ts";
import { Supervisor } from "../../../../controllers/localprocess/supervisor.ts";
import { sweep } from "../../../../controllers/localprocess/sweep.ts";
import type { Recorder } from "../../../../controllers/runtime/index.ts";
import { SimApi } from "./api.ts";
import { SimClock } from "./clock.ts";
import { SimDisk } from "./disk.ts";
import { SimKernel } from "./kernel.ts";
import { machine } from "./modules.ts";

const NAME = { namespace: "default", name: "web" };
const STORE = { storeId: "store", directory: "/state" };
const { setImmediate } = globalThis;

/** Everything that can happen has happened, but for what waits for time to pass. */
const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Our controller and engine as they are, on a machine, with an API and in a time of our making. */
export class SimWorld {
  readonly clock = new SimClock();
  readonly kernel = new SimKernel(this.clock);
  readonly disk = new SimDisk(this.kernel);
  readonly api = new SimApi(this.kernel);
  readonly #client = new Client(this.api.transport);
  readonly #restore = [this.clock.install(), installKill(this.kernel)];
  #server: { supervisor: Supervisor; reconciler: Reconciler } | undefined;
  #isDirty = false;
  #isReconciling = false;
  #callsLeft = Infinity;

  constructor() {
    Object.assign(machine, { kernel: this.kernel, disk: this.disk });
    this.api.onChange = () => this.#wake();
    this.kernel.onCall = () => {
      if (--this.#callsLeft === 0) this.kernel.isServerDead = true;
    };
  }

  get object(): LocalProcess | undefined {
    return this.api.object as LocalProcess | undefined;
  }

  /** Whether the controller has seen all there is, and is not busy with one that had this name before. */
  get isSettled(): boolean {
    const uids = this.#server?.supervisor.uidsOf(NAME) ?? [];
    return uids.every((uid) => uid === this.object?.metadata.uid);
  }

  get isCrashPending(): boolean {
    return this.#callsLeft !== Infinity;
  }

  /** Starts a server, as `tiltish serve` does: first what an earlier one has left is ended. */
  async start(): Promise<void> {
    await this.#wait(sweep(STORE));
    await this.#wait(tellStopped(this.#client));
    const supervisor = new Supervisor({ storeId: STORE.storeId, stateDirectory: STORE.directory });
    const recorder = { event: () => undefined } as unknown as Recorder;
    const tools = { client: this.#client, supervisor, recorder, memories: new Memories(), rootOf: () => "/" };
    const reconciler = new Reconciler(tools);
    for (const source of [supervisor, reconciler]) source.subscribe(() => this.#wake());
    this.#server = { supervisor, reconciler };
    this.#wake();
    await this.settle();
  }

  /** kill -9 of the server; its guard is gone too. */
  async crash(): Promise<void> {
    this.kernel.isServerDead = true;
    await flush();
    this.clock.dropTimersOfServer();
    for (const { child } of this.kernel.starts) {
      child?.removeAllListeners();
      child?.stdout.removeAllListeners();
      child?.stderr.removeAllListeners();
    }
    usageReaders.clear();
    this.#server = undefined;
    this.#isReconciling = false;
    this.#callsLeft = Infinity;
    this.kernel.isServerDead = false;
    await this.start();
  }

  /** The server is killed when it has done so much more to the world. */
  crashAfter(calls: number): void {
    this.#callsLeft = calls;
  }

  async settle(): Promise<void> {
    await flush();
    if (this.kernel.isServerDead) await this.crash();
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.clock.nowMs + ms;
    await this.settle();
    while (this.clock.step(untilMs)) await this.settle();
  }

  close(): void {
    usageReaders.clear();
    for (const restore of this.#restore) restore();
  }

  async #wait(work: Promise<unknown>): Promise<void> {
    const progress = { isDone: false };
    void work.then(() => (progress.isDone = true));
    for (await flush(); !progress.isDone; await flush()) this.clock.step(this.clock.nowMs + 1_000);
  }

  #wake(): void {
    this.#isDirty = true;
    queueMicrotask(() => void this.#reconcile());
  }

  async #reconcile(): Promise<void> {
    const server = this.#server;
    if (!server || this.#isReconciling || !this.#isDirty) return;
    this.#isReconciling = true;
    this.#isDirty = false;
    try {
      await server.reconciler.reconcile(NAME, this.object);
    } catch {
      this.#isDirty = true; // as the queue of the manager does, but at once
    }
    if (server !== this.#server) return;
    this.#isReconciling = false;
    if (this.#isDirty) this.#wake();
  }
}

/** Signals go to the simulated processes until the answer is called. */
function installKill(kernel: SimKernel): () => void {
  const kill = process.kill.bind(process);
  process.kill = (pid, signal = 0) => {
    kernel.kill(pid, signal);
    return true;
  };
  return () => (process.kill = kill);
}
