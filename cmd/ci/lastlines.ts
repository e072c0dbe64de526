import type { KubeObject } from "../../apis/meta.ts";
import { childNameOf } from "../../apis/v1alpha1/index.ts";
import type { Session } from "../connect/session.ts";
import { nameOfKey } from "../graph/model.ts";
import { shownText } from "../logs/line.ts";
import { logLines } from "../logs/stream.ts";
import type { Target } from "../verdict/target.ts";

const COUNT = "5";

/** The last lines that a target wrote; none if there are none to be had. */
export async function lastLinesOf(
  session: Session,
  target: Target,
  processes: readonly KubeObject[],
): Promise<string[]> {
  if (target.details?.length) return target.details.filter(isTheirs);
  const process = processOf(target, processes);
  if (!process) return [];
  const type = (await session.types()).one("localprocesses");
  const { name, namespace = "" } = process.metadata;
  const lines: string[] = [];
  try {
    for await (const { text } of logLines(session, { type, namespace, name }, { tailLines: COUNT })) {
      if (isTheirs(text)) lines.push(shownText(text, false));
    }
  } catch {
    // A process that never ran has no log; there is nothing to show then.
  }
  return lines;
}

/** Not a note of ours, which the message above says already. */
const isTheirs = (line: string): boolean => !line.startsWith("[tiltish] ");

function processOf({ key, role }: Target, processes: readonly KubeObject[]): KubeObject | undefined {
  const [namespace, kind] = key.split("/");
  const own = nameOfKey(key);
  const name = kind === "LocalProcess" ? own : childNameOf(own, role === "build" ? "build" : "serve");
  return processes.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
}
