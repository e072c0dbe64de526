import type { KubeObject } from "../../apis/meta.ts";
import type { Session } from "../connect/session.ts";
import { shownText } from "./line.ts";
import { logLines } from "./stream.ts";

const COUNT = 5;

/** The last five lines that a process wrote; none if there are none to be had. */
export async function lastLinesIn(session: Session, { metadata }: KubeObject): Promise<string[]> {
  const type = (await session.types()).one("localprocesses");
  const { name, namespace = "" } = metadata;
  const lines: string[] = [];
  try {
    for await (const { text } of logLines(
      session,
      { type, namespace, name },
      { tailLines: String(COUNT + 1) },
    )) {
      if (isTheirs(text)) lines.push(shownText(text, false));
    }
  } catch {
    // A process that never ran has no log; there is nothing to show then.
  }
  return lines.slice(-COUNT);
}

/** Not a note of ours, which is told elsewhere. */
export const isTheirs = (line: string): boolean => !line.startsWith("[tiltish] ");
