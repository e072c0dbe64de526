import type { KubeObject } from "../../apis/meta.ts";
import { childNameOf } from "../../apis/v1alpha1/index.ts";
import type { Session } from "../connect/session.ts";
import { nameOfKey } from "../graph/model.ts";
import { isTheirs, lastLinesIn } from "../logs/lastlines.ts";
import type { Target } from "../verdict/target.ts";

/** The last lines that a target wrote; none if there are none to be had. */
export async function lastLinesOf(
  session: Session,
  target: Target,
  processes: readonly KubeObject[],
): Promise<string[]> {
  if (target.details?.length) return target.details.filter(isTheirs);
  const process = processOf(target, processes);
  if (!process) return [];
  return lastLinesIn(session, process);
}

function processOf({ key, role }: Target, processes: readonly KubeObject[]): KubeObject | undefined {
  const [namespace, kind] = key.split("/");
  const own = nameOfKey(key);
  const name = kind === "LocalProcess" ? own : childNameOf(own, role === "build" ? "build" : "serve");
  return processes.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
}
