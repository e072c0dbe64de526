import { type Operation, type Plan, type Tree, treeHashOf } from "../../sync/index.ts";
import type { Capabilities } from "../transports/transport.ts";
import { applied } from "./sets.ts";

/** What is left out, in the words of a status. */
export interface LeftOut {
  readonly path: string;
  readonly reason: string;
  readonly message: string;
}

const REMEDY = "a full deploy does it: tiltish trigger";

/** What this way cannot do; undefined if it can. */
function whyNot({ type }: Operation, can: Capabilities): Pick<LeftOut, "reason" | "message"> | undefined {
  const isDelete = type === "remove" || type === "removeDirectory";
  if (isDelete && !can.deletes)
    return { reason: "NotDeleted", message: `the app still has it, and this way deletes nothing; ${REMEDY}` };
  if (type === "link" && !can.links)
    return { reason: "NoLinks", message: `it is a link, and this way knows none; ${REMEDY}` };
  if (type === "chmod" && !can.modes)
    return { reason: "NoModes", message: `its mode has changed, and this way sends none; ${REMEDY}` };
  return undefined;
}

/** The part of a plan that a way can do, and the paths that stay as they are there. Pure. */
export function within(plan: Plan, can: Capabilities, remote: Tree): { plan: Plan; leftOut: LeftOut[] } {
  const leftOut = plan.operations.flatMap((operation) => {
    const why = operation.type === "removeDirectory" ? undefined : whyNot(operation, can);
    return why ? [{ path: operation.path, ...why }] : [];
  });
  if (leftOut.length === 0) return { plan, leftOut };
  const operations = plan.operations.filter((operation) => !whyNot(operation, can));
  const tree = applied(remote, { ...plan, operations });
  return { plan: { ...plan, operations, deletes: 0, treeHash: treeHashOf(tree) }, leftOut };
}
