import type { SshConnection } from "../ssh/connection.ts";
import { ConnectError } from "../transport.ts";
import { agentCommand, placesOf } from "./command.ts";
import { AgentSession } from "./session.ts";

/** No agent takes so long to say its first word. */
const GREETING_MS = 30_000;
const MAX_STDERR = 2_000;

/**
 * Whoever has perl in the container has an agent there: one process, and one channel, for all sets.
 *
 * @throws ConnectError `NotSupported` if what has been started is no agent.
 */
export async function openAgent(
  connection: SshConnection,
  root: string,
  signal?: AbortSignal,
): Promise<AgentSession> {
  const { channel, ended } = await connection.exec(agentCommand());
  const { hostKey } = connection;
  let said = "";
  channel.stderr.on("data", (bytes: Buffer) => (said = (said + bytes.toString()).slice(-MAX_STDERR)));
  const timeout = AbortSignal.timeout(GREETING_MS);
  const stop = signal ? AbortSignal.any([signal, timeout]) : timeout;
  const end = () => channel.destroy();
  stop.addEventListener("abort", end);
  try {
    return await AgentSession.open(channel, { ...placesOf(root), hostKey });
  } catch (error) {
    // By then it has said why.
    channel.end();
    await Promise.race([ended, aborted(stop)]);
    signal?.throwIfAborted();
    if (timeout.aborted) throw noAnswer(error);
    throw noAgent(said.trim() || (error as Error).message, error);
  } finally {
    stop.removeEventListener("abort", end);
  }
}

const aborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => (signal.aborted ? resolve(undefined) : signal.addEventListener("abort", resolve)));

/** Another one may still be at work there: that is no reason to do without. */
const noAnswer = (cause: unknown): ConnectError =>
  new ConnectError("Unreachable", `the agent says nothing within ${GREETING_MS / 1000} s`, { cause });

const noAgent = (why: string, cause: unknown): ConnectError =>
  new ConnectError("NotSupported", `no agent runs in the container: ${why}`, { cause });
