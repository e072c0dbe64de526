import { restarterScript, SUPERVISOR_SOCKET } from "../../remote/index.ts";
import { perlCommand } from "../agent/command.ts";
import { type Frame, FrameDecoder } from "../agent/frames.ts";
import { fieldsOf, longestMs, outcomeOf, restartFields } from "../agent/messages.ts";
import { ConnectError, type Outcome, type RestartPolicy, type SyncOutcome } from "../transport.ts";
import { type CommandPlace, runCommand } from "./command.ts";
import type { SshConnection } from "./connection.ts";
import { ranOf } from "./run.ts";

/** Beside what a restart takes. */
const ANSWER_MS = 120_000;

type Restarted = Outcome & Pick<SyncOutcome, "durationsMs">;

/** What becomes of the process of an app where no agent has committed the set. @throws ConnectionLostError */
export async function restartOver(
  connection: SshConnection,
  policy: RestartPolicy,
  place: CommandPlace,
): Promise<Restarted> {
  if (policy.mode === "None") return { result: "ok" };
  try {
    if (policy.mode === "Supervisor") return await askSupervisor(connection, policy);
    return await runCommand(connection, policy.command, place);
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    return policy.mode === "Supervisor"
      ? { result: "unsupervised", why: withoutPerl(error.message) }
      : { result: "crashed", exit: "", output: error.message };
  }
}

/** A part of the agent asks the supervisor, in the words of the agent; it needs less of perl than all of it does. */
async function askSupervisor(connection: SshConnection, policy: RestartPolicy): Promise<Restarted> {
  const begun = performance.now();
  const command = perlCommand(restarterScript(), [SUPERVISOR_SOCKET, ...restartFields(policy)]);
  const running = await connection.exec(command);
  running.channel.end();
  const limitMs = ANSWER_MS + longestMs(policy);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    running.channel.destroy();
  }, limitMs);
  const { stdout, stderr } = await ranOf(connection, running).finally(() => clearTimeout(timer));
  const frames = framesIn(stdout);
  const answer = frames.find(({ type }) => type === "a");
  if (!answer) return { result: "unsupervised", why: isLate ? tooLate(limitMs) : withoutPerl(stderr) };
  const [, , milliseconds] = fieldsOf(frames.find(({ type }) => type === "p")?.body ?? Buffer.alloc(0));
  const restart = Number(milliseconds ?? 0);
  return { ...outcomeOf(answer.body), durationsMs: { restart, ready: performance.now() - begun - restart } };
}

function framesIn(bytes: Buffer): Frame[] {
  try {
    return new FrameDecoder().push(bytes);
  } catch {
    return [];
  }
}

const tooLate = (limitMs: number): string =>
  `the supervisor has not answered within ${limitMs / 1000} s: cf restart gives the app a new container, which gets what ` +
  "was synced";

const withoutPerl = (why: string): string =>
  `no perl runs in the container (${why}), so no supervisor does, and the app was not restarted: set spec.restart.mode to ` +
  "Command with what restarts it, or to None if it reloads by itself";
