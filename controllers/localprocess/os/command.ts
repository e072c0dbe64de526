import { signalPid } from "./signal.ts";
import { spawnProgram, type Child, type Program } from "./spawn.ts";

export interface CommandResult {
  /** Absent if it could not be started or was killed. */
  exitCode?: number;
  /** The beginning of what it wrote, both streams. */
  output: string;
  /** Why it did not exit by itself, or did not start. */
  error?: string;
}

const OUTPUT_LIMIT = 4096;

/** Runs a short program to its end, and then what it left in its group; when `signal` is aborted it is killed. */
export async function runCommand(program: Program, signal: AbortSignal): Promise<CommandResult> {
  let child: Child;
  try {
    child = await spawnProgram(program);
  } catch (error) {
    return { output: "", error: (error as Error).message };
  }
  const output = beginningOf(child);
  const killGroup = () => void signalPid(-child.pid, "SIGKILL");
  if (signal.aborted) killGroup();
  signal.addEventListener("abort", killGroup, { once: true });
  const [exitCode, endedBy] = await exitOf(child);
  signal.removeEventListener("abort", killGroup);
  killGroup(); // the kernel keeps the number of a group for as long as anyone is in it
  return resultOf({ exitCode, endedBy, output: output(), isTimeout: signal.aborted });
}

interface Ended {
  exitCode: number | null;
  endedBy: string | null;
  output: string;
  isTimeout: boolean;
}

function resultOf({ exitCode, endedBy, output, isTimeout }: Ended): CommandResult {
  if (isTimeout) return { output, error: "timed out" };
  if (exitCode !== null) return { exitCode, output };
  return { output, error: `ended by ${endedBy ?? "an unknown signal"}` };
}

/** Not its `close`: that waits for whoever has inherited its output. */
const exitOf = (child: Child): Promise<[number | null, NodeJS.Signals | null]> =>
  new Promise((resolve) => child.process.once("exit", (code, endedBy) => resolve([code, endedBy])));

/** Collects the first few kilobytes, and lets the rest pass. */
function beginningOf({ stdout, stderr }: Child): () => string {
  const chunks: Buffer[] = [];
  let room = OUTPUT_LIMIT;
  for (const stream of [stdout, stderr]) {
    stream.on("data", (chunk: Buffer) => {
      if (room > 0) chunks.push(chunk.subarray(0, room));
      room -= chunk.length;
    });
    stream.on("error", () => undefined);
  }
  return () => Buffer.concat(chunks).toString().trim();
}
