import { TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import { LocalProcess } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { causeOfTrigger, isBeingDeleted } from "../../runtime/index.ts";

/** A run of the command, as it was asked for. */
export interface Asked {
  /** Of the process. */
  uid: string | undefined;
  /** How many runs it had before. */
  runs: number;
  /** The value of its trigger annotation. */
  trigger: string;
}

/** How a run came out; what somebody has done to it says why it did not. */
export type End = { process: LocalProcess } | { interference: string };

export const isActive = ({ status }: LocalProcess): boolean =>
  status?.pid !== undefined || ["Starting", "Running", "Stopping"].includes(status?.state ?? "");

/** How the run ended, also if somebody has ended it by hand; undefined as long as it goes on. */
export function endOf(process: LocalProcess | undefined, asked: Asked): End | undefined {
  if (!process || process.metadata.uid !== asked.uid) return { interference: "deleted" };
  if (isActive(process)) return undefined;
  if (isBeingDeleted(process)) return { interference: "deleted" };
  const { state, observedTrigger, run = 0 } = process.status ?? {};
  const trigger = process.metadata.annotations?.[TRIGGER_ANNOTATION];
  if (process.spec.disabled) return { interference: "disabled" };
  // What is asked of it now has not been acted on.
  if (observedTrigger !== trigger) return undefined;
  const hasRun = run > asked.runs;
  if (hasRun && state === "Succeeded") return { process };
  const interference = trigger === asked.trigger ? undefined : HANDS[causeOfTrigger(trigger ?? "").type];
  if (interference !== undefined) return { interference };
  return hasRun && state === "Failed" ? { process } : undefined;
}

/** Who runs it once more by hand runs the same command: that is as good. */
const HANDS: Readonly<Record<string, string>> = { Cancel: "canceled", Stop: "stopped" };

const ERROR_LINES = "20";

/** What went wrong, and the last lines that the command wrote. */
export async function errorOf(client: Client, process: LocalProcess): Promise<string> {
  const { message, exitCode, run } = process.status ?? {};
  const command = process.spec.argv.join(" ");
  const shown = command.length > 200 ? `${command.slice(0, 200)}…` : command;
  const what = `command ${JSON.stringify(shown)} failed: ${message ?? `exit code ${exitCode}`}`;
  const query = { tailLines: ERROR_LINES, ...(run !== undefined && { run: String(run) }) };
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of client.log(LocalProcess, process.metadata, query)) chunks.push(chunk);
  } catch {
    return what; // It says less without its output, and is true all the same.
  }
  // What tiltish notes there itself is no output.
  const lines = Buffer.concat(chunks).toString().split("\n");
  return [what, ...lines.filter((line) => !line.startsWith("[tiltish]"))].join("\n").trimEnd();
}
