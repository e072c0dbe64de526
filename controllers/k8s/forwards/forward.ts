import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { K8sResource } from "../../../apis/v1alpha1/index.ts";
import { Backoff } from "../../../client/index.ts";
import { nowMicro } from "../../runtime/index.ts";
import type { Cluster } from "../cluster/index.ts";
import type { Status } from "../engine/refs.ts";
import { join, openTunnel } from "./tunnel.ts";

export type PortSpec = NonNullable<K8sResource["spec"]["portForwards"]>[number];
type PortStatus = NonNullable<Status["portForwards"]>[number];

/** The pod that ports lead to. */
export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

const RETRY = { initialMs: 50, maxMs: 15_000 };
const LONGEST_WAIT_MS = 120_000;

/** One port of this machine that leads to a port of whatever pod runs now. */
export class Forward {
  readonly #spec: PortSpec;
  readonly #cluster: Cluster;
  readonly #onChange: () => void;
  readonly #abort = new AbortController();
  readonly #clients = new Set<Socket>();
  #pod: PodName;
  #server: Server | undefined;
  #status: Pick<PortStatus, "startTime" | "error">;
  #port: number;

  constructor(spec: PortSpec, { cluster, pod, onChange }: ForwardOptions) {
    this.#spec = spec;
    this.#cluster = cluster;
    this.#pod = pod;
    this.#onChange = onChange;
    this.#status = {};
    this.#port = spec.localPort;
    void this.#listen();
  }

  get status(): PortStatus {
    const { containerPort, host, name } = this.#spec;
    return {
      localPort: this.#port,
      containerPort,
      host,
      ...(name && { name }),
      pod: this.#pod.name,
      ...this.#status,
    };
  }

  /** From now on to this pod; connections to the one before end with it. */
  lead(pod: PodName): void {
    this.#pod = pod;
  }

  close(): void {
    this.#abort.abort();
    this.#server?.close();
    for (const client of this.#clients) client.destroy();
  }

  /** A port that is taken may be free later. */
  async #listen(): Promise<void> {
    const backoff = new Backoff(RETRY);
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        this.#port = await this.#bind();
        // It may have been closed while the name of the host was looked up: then nobody would close it any more.
        if (signal.aborted) this.#server?.close();
        return this.#tell({ startTime: nowMicro() });
      } catch (error) {
        this.#tell({ error: bindError(error as NodeJS.ErrnoException, this.#spec) });
      }
      await delay(backoff.nextMs(), undefined, { signal }).catch(() => undefined);
    }
  }

  #bind(): Promise<number> {
    const server = createServer(
      { pauseOnConnect: true, allowHalfOpen: true },
      (client) => void this.#serve(client),
    );
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.on("error", reject);
      server.listen(this.#spec.localPort, this.#spec.host, () =>
        resolve((server.address() as AddressInfo).port),
      );
    });
  }

  /** Who has connected waits until there is a way, for some time. */
  async #serve(client: Socket): Promise<void> {
    this.#clients.add(client);
    const gone = new AbortController();
    client.on("error", () => undefined);
    client.on("close", () => {
      this.#clients.delete(client);
      gone.abort();
    });
    const backoff = new Backoff(RETRY);
    const untilMs = Date.now() + LONGEST_WAIT_MS;
    while (!gone.signal.aborted && !(await this.#connect(client))) {
      // Nothing is read from it yet, so that it would not be noticed if it had hung up.
      if (Date.now() > untilMs) return void client.destroy();
      await delay(backoff.nextMs(), undefined, { signal: gone.signal }).catch(() => undefined);
    }
  }

  async #connect(client: Socket): Promise<boolean> {
    const { namespace, name } = this.#pod;
    const { startTime } = this.#status;
    try {
      const tunnel = await openTunnel(this.#cluster, {
        namespace,
        pod: name,
        port: this.#spec.containerPort,
      });
      join(client, tunnel, {
        onData: () => this.#tell({ startTime }),
        onError: (error) => this.#tell({ startTime, error }),
      });
      if (client.destroyed) tunnel.close();
      return true;
    } catch (error) {
      this.#tell({ startTime, error: `no way to Pod/${name}: ${(error as Error).message}` });
      return false;
    }
  }

  #tell(status: Pick<PortStatus, "startTime" | "error">): void {
    if (this.#abort.signal.aborted) return;
    const isSame = status.error === this.#status.error && status.startTime === this.#status.startTime;
    this.#status = status;
    if (!isSame) this.#onChange();
  }
}

interface ForwardOptions {
  cluster: Cluster;
  pod: PodName;
  onChange: () => void;
}

function bindError({ code, message }: NodeJS.ErrnoException, { host, localPort }: PortSpec): string {
  if (code === "EADDRINUSE")
    return `port ${localPort} of ${host} is taken: end who has it, or choose another localPort`;
  if (code === "EACCES") return `port ${localPort} of ${host} is not allowed: choose a localPort above 1023`;
  return `cannot listen on ${host}:${localPort}: ${message}`;
}
