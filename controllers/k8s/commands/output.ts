import { LocalProcess } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { Problem } from "../problem.ts";
import type { CommandRun, Role } from "./command.ts";

const MAX_MIB = 20;
const MAX_BYTES = MAX_MIB * 1024 * 1024;
/** The log of a process keeps its last 50 MiB: beyond this nobody knows whether its beginning is still there. */
const MAX_LOG_BYTES = 35 * 1024 * 1024;
/** What the log has beside the text of each line. */
const LINE_BYTES = 45;
const TAIL = 500;

/**
 * All that the last run has written on stdout.
 *
 * @throws Problem if it is more than is read: what is cut off might be an object, and would be deleted.
 */
export async function stdoutOf(client: Client, process: LocalProcess, role: Role): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const line of client.log(LocalProcess, process.metadata, {
    ...runOf(process),
    stream: "Stdout",
  })) {
    chunks.push(line);
    bytes += line.length;
    if (bytes > MAX_BYTES) throw tooMuch(role, `${MAX_MIB} MiB on stdout`);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * Hands on what the last run has written, line by line.
 *
 * @returns the last of it.
 * @throws Problem if its beginning may not be kept any more.
 */
export async function copyLog(
  client: Client,
  process: LocalProcess,
  { role, log }: { role: Role; log: CommandRun["log"] },
): Promise<string> {
  let [bytes, tail] = [0, ""];
  for await (const line of client.log(LocalProcess, process.metadata, runOf(process))) {
    bytes += line.length + LINE_BYTES;
    tail = `${tail}${Buffer.from(line.subarray(-TAIL)).toString("utf8")}`.slice(-TAIL);
    await log(line);
  }
  if (bytes > MAX_LOG_BYTES) throw tooMuch(role, "its log keeps");
  return tail;
}

const runOf = ({ status }: LocalProcess): Record<string, string> =>
  status?.run === undefined ? {} : { run: String(status.run) };

const tooMuch = (role: Role, what: string): Problem =>
  new Problem(
    "TooMuchOutput",
    `spec.${role}Command has written more than ${what}, and what is cut off would be lost: have it print what it has applied and nothing else`,
    { isFinal: true },
  );
