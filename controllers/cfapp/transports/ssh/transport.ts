import type { InstanceRef, Link, Transport } from "../transport.ts";
import type { SshConnection } from "./connection.ts";
import type { SshConnections } from "./connections.ts";

/** Makes a link over a connection that is there. @throws ConnectError `NotSupported` if the container lacks what it needs. */
export type OpenLink = (connection: SshConnection, root: string, signal?: AbortSignal) => Promise<Link>;

export interface SshTransportSpec {
  readonly name: Transport["name"];
  readonly connections: SshConnections;
  /** Directory in the container. */
  readonly root: string;
  readonly open: OpenLink;
  /** What this machine needs; asked before anything is opened. @throws ConnectError `NotSupported` */
  readonly check?: () => Promise<void>;
}

/** A way to move files over ssh connections, which it may share with others. */
export class SshTransport implements Transport {
  readonly #spec: SshTransportSpec;

  constructor(spec: SshTransportSpec) {
    this.#spec = spec;
  }

  get name(): Transport["name"] {
    return this.#spec.name;
  }

  async connect(instance: InstanceRef, signal?: AbortSignal): Promise<Link> {
    const { connections, open, root, check } = this.#spec;
    await check?.();
    return connections.link(instance, (connection) => open(connection, root, signal), signal);
  }

  close(): void {
    this.#spec.connections.close();
  }
}
