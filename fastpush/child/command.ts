import { spawn } from "node:child_process";
import { once } from "node:events";
import { endGroup } from "./group.ts";
import { Output } from "./output.ts";

const MAX_MS = 120_000;
const GRACE_MS = 1000;

/** How a command ended: an exit code or a signal, and what it wrote last. */
export interface CommandResult {
  readonly exit: string;
  readonly output: string;
}

/** Runs a command to its end, or to that of its time. */
export async function runCommand(
  command: readonly string[],
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<CommandResult> {
  const output = new Output();
  const child = spawn(command[0]!, command.slice(1), {
    cwd,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (bytes: Buffer) => output.append(bytes));
  const timer = setTimeout(() => void endGroup(child.pid!, "SIGTERM", GRACE_MS), MAX_MS);
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
    return { exit: signal ?? String(code), output: output.tail() };
  } catch (error) {
    return { exit: (error as NodeJS.ErrnoException).code ?? String(error), output: output.tail() };
  } finally {
    clearTimeout(timer);
  }
}
