import { cgroupOf, removeCgroup } from "./os/cgroup.ts";
import { endGroups, endOwned, findOwned } from "./os/owned.ts";
import { hasTable } from "./os/table.ts";

/** How long processes have to end by themselves once their server is gone. */
export const GUARD_GRACE_MS = 2_000;

/**
 * The guard: it waits until the server at the other end of `stdin` is gone, however that came about, and then ends
 * every process that carries the mark of its store. It is a program of its own, so that a kill -9 of the server
 * cannot keep it from its work.
 *
 * The server tells it the groups that it starts and sees end, a line each: `+4711`, `-4711`. Where there is a process
 * table that finds who has lost the mark; elsewhere it is all there is to go by.
 */
export async function guardMain(
  storeId: string,
  stdin: NodeJS.ReadableStream,
  graceMs = GUARD_GRACE_MS,
): Promise<void> {
  // Only the end of the server ends the guard. Ctrl-C does not reach its session, but a careful user might.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
  const groups = await groupsAtEnd(stdin);
  if (!hasTable) return endGroups(groups, graceMs);
  await endOwned(() => findOwned(storeId, groups), { graceMs });
  const cgroup = cgroupOf(storeId);
  if (cgroup !== undefined) removeCgroup(cgroup);
}

/** Resolves when the server is gone, with the groups that it left. */
function groupsAtEnd(stdin: NodeJS.ReadableStream): Promise<number[]> {
  const groups = new Set<number>();
  let rest = "";
  stdin.setEncoding("utf8");
  stdin.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const group = Number(line.slice(1));
      if (line.startsWith("+")) groups.add(group);
      else groups.delete(group);
    }
  });
  return new Promise((resolve) => {
    for (const end of ["end", "close", "error"]) stdin.once(end, () => resolve([...groups]));
  });
}
