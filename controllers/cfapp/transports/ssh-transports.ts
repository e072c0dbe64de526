import type { CFAppSync } from "../../../apis/v1alpha1/cfappsync.ts";
import { AgentTransport } from "./agent/transport.ts";
import { RsyncTransport } from "./rsync/transport.ts";
import { SftpTransport } from "./sftp/transport.ts";
import { type SshOptions, SshConnections } from "./ssh/connections.ts";
import type { Transport } from "./transport.ts";

type Engine = CFAppSync["spec"]["ssh"]["engine"];

export interface SshTransportOptions extends SshOptions {
  /** Directory in the container. */
  readonly remotePath: string;
  readonly engine: Engine;
}

/** The ways over ssh, best first. All of them share the connections, and closing one of them closes those. */
export function sshTransports({ remotePath, engine, ...options }: SshTransportOptions): Transport[] {
  const connections = new SshConnections(options);
  const all: Transport[] = [
    new AgentTransport(connections, remotePath),
    new SftpTransport(connections, remotePath),
    new RsyncTransport(connections, remotePath),
  ];
  return engine === "Auto" ? all : all.filter(({ name }) => name === engine);
}
