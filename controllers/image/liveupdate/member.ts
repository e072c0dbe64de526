import { nowMicro } from "../../runtime/index.ts";
import { type Entry, matcherOf, type Tree } from "../../sync/index.ts";
import type { Container, Containers } from "./containers.ts";
import type { Member, Orders, RunStep } from "./orders.ts";
import { changesBetween } from "./rules.ts";
import { stepsTo, transfer } from "./transfer.ts";

export const memberOf = ({ id, name, state }: Container, has: Tree): Member => ({ id, name, state, has });

export const isInStep = (member: Member, orders: Orders): boolean => stepsTo(orders, member.has).length === 0;

/**
 * Brings one container into step: files, commands, restart.
 *
 * A command that fails is noted; the files are there all the same, and the next change is synced again.
 *
 * @throws as `transfer`
 */
export async function bringIntoStep(containers: Containers, member: Member, orders: Orders): Promise<void> {
  const steps = stepsTo(orders, member.has);
  const changed = changesBetween(member.has, orders.context);
  // Until all of it is done, nobody knows what the container has of these.
  member.has = withUnknown(member.has, changed);
  await transfer(containers, member.id, { steps, wanted: orders });
  member.lastExecError = await runSteps(containers, member.id, stepsFor(orders.run, changed));
  if (orders.restart) await containers.restart(member.id);
  // Not before: what the engine cut off is done again as a whole.
  member.has = orders.context;
  member.files = changed.length;
  member.lastSyncTime = nowMicro();
  member.lastFileTimeSynced = orders.changeTime ?? member.lastFileTimeSynced;
}

/** Such a file is none: whatever is wanted there is another one. */
const UNKNOWN: Entry = { type: "file", size: -1, mode: 0, hash: "" };

export const withUnknown = (tree: Tree, paths: readonly string[]): Tree =>
  new Map([...tree, ...paths.map((path) => [path, UNKNOWN] as const)]);

const stepsFor = (run: readonly RunStep[], changed: readonly string[]): RunStep[] =>
  run.filter(({ when }) => when === undefined || changed.some(matcherOf(when)));

/** In order, until one fails. */
async function runSteps(
  containers: Containers,
  id: string,
  steps: readonly RunStep[],
): Promise<string | undefined> {
  for (const { command } of steps) {
    const { exitCode, output } = await containers.run(id, command);
    if (exitCode !== 0) return `${command.join(" ")} failed with exit code ${exitCode}: ${output}`;
  }
  return undefined;
}
