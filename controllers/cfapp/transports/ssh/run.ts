import type { Command, SshConnection } from "./connection.ts";
import { ConnectionLostError } from "../transport.ts";

export interface Ran {
  /** Undefined if a signal has ended it. */
  readonly code: number | undefined;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const MAX_STDERR = 4_000;

/**
 * Runs a command there until it ends.
 *
 * @param input - Its standard input.
 * @throws ConnectionLostError; ConnectError `NotSupported` if commands are refused.
 */
export async function run(connection: SshConnection, command: string, input?: Buffer): Promise<Ran> {
  const running = await connection.exec(command);
  running.channel.end(input);
  return ranOf(connection, running);
}

/** How a command ends that was just started. @throws ConnectionLostError */
export async function ranOf(connection: SshConnection, { channel, ended }: Command): Promise<Ran> {
  const stdout: Buffer[] = [];
  let stderr = "";
  channel.on("data", (bytes: Buffer) => stdout.push(bytes));
  channel.stderr.on("data", (bytes: Buffer) => (stderr = (stderr + bytes.toString()).slice(-MAX_STDERR)));
  const code = await ended;
  // Without an exit code nobody knows what it has come to.
  if (code === undefined && connection.isClosed) throw new ConnectionLostError("the ssh connection was lost");
  return { code, stdout: Buffer.concat(stdout), stderr: stderr.trim() };
}
