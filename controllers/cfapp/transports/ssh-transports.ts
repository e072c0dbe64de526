import type { CFAppSync } from "../../../apis/v1alpha1/cfappsync.ts";
import { openAgent } from "./agent/open.ts";
import { checkHere, openRsync } from "./rsync/open.ts";
import { openSftp } from "./sftp/open.ts";
import { type SshOptions, SshConnections } from "./ssh/connections.ts";
import { SshTransport, type SshTransportSpec } from "./ssh/transport.ts";
import type { Transport } from "./transport.ts";

const WAYS: readonly Pick<SshTransportSpec, "name" | "open" | "check">[] = [
  { name: "Agent", open: openAgent },
  { name: "SFTP", open: openSftp },
  { name: "Rsync", open: openRsync, check: checkHere },
];

type Engine = CFAppSync["spec"]["ssh"]["engine"];

export interface SshTransportOptions extends SshOptions {
  /** Directory in the container. */
  readonly remotePath: string;
  readonly engine: Engine;
}

/** The ways over ssh, best first. All of them share the connections, and closing one of them closes those. */
export function sshTransports({ remotePath, engine, ...options }: SshTransportOptions): Transport[] {
  const connections = new SshConnections(options);
  return WAYS.filter(({ name }) => engine === "Auto" || engine === name).map(
    (way) => new SshTransport({ ...way, connections, root: remotePath }),
  );
}
