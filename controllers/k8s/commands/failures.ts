import type { LocalProcess } from "../../../apis/v1alpha1/index.ts";
import { Problem } from "../problem.ts";
import type { Role } from "./command.ts";

const SHOWN = 500;

/** As much of a text as is shown with an error. */
const shown = (text: string): string => (text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`);

/** Of one that is cut off, the kind may be missing; its data comes first. */
const SECRET = /\bkind["']?\s*:\s*["']?Secret\b|^\s*["']?(stringData|data)["']?\s*:/m;

/** The same for what a command has written: who may read a condition need not be one who may read Secrets. */
export const shownOutput = (output: string): string =>
  SECRET.test(output) ? "(a Secret may be in it: see the log of its LocalProcess)" : shown(output.trim());

/** That a command has not ended well: why, what it wrote, and how to go on. */
export function failed(role: Role, { spec, status = {} }: LocalProcess, output: string): Problem {
  const { message: why = `exit code ${status.exitCode}`, state } = status;
  const command = `spec.${role}Command ${JSON.stringify(shown(spec.argv.join(" ")))}`;
  const wrote = output.trim() ? `; it wrote: ${shownOutput(output)}` : "";
  if (why.startsWith("canceled"))
    return new Problem("Canceled", `${command} was canceled; ${AGAIN}`, { isFinal: true });
  if (state === "Disabled")
    return new Problem("CommandFailed", `${command} is disabled; ${AGAIN}`, { isFinal: true });
  const isLate = why.startsWith("took longer");
  const remedy = isLate ? `raise spec.${role}Command.timeout, or correct it, and` : "correct it, or";
  return new Problem("CommandFailed", `${command} failed: ${why}${wrote}; ${remedy} ${AGAIN}`, {
    isFinal: true,
  });
}

const AGAIN = "run it again with: tiltish trigger";

/** Nobody knows how far it has come. */
export const gone = (role: Role): Problem =>
  new Problem("Canceled", `the process of spec.${role}Command was deleted while it ran; ${AGAIN}`, {
    isFinal: true,
  });
