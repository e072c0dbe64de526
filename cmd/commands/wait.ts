import { EXIT, timedOut, usageError } from "../cli/errors.ts";
import { outLine, say } from "../cli/io.ts";
import type { Options } from "../cli/options.ts";
import { statusMessage } from "../cli/report.ts";
import type { Invocation } from "../cli/types.ts";
import { connect, type Session } from "../connect/session.ts";
import { select } from "../resources/select.ts";
import { findTargets } from "../resources/targets.ts";
import { qualifiedName } from "../resources/types.ts";
import { goalOf, type Goal } from "../wait/goal.ts";
import { waitFor, type Awaited } from "../wait/wait.ts";

const DEFAULT_TIMEOUT_MS = 30_000;
/** kubectl: a negative timeout means a week. */
const WEEK_MS = 7 * 24 * 3_600_000;

/** `tiltish wait`: says of each object when it is as wanted, or why it is not yet. */
export async function run({ options, args }: Invocation): Promise<number> {
  const goal = goalOf(options.text("for"));
  const session = await connect(options);
  const { objects, missing } = await objectsFor(goal, session, { options, args });
  for (const error of missing) say(statusMessage(error as Parameters<typeof statusMessage>[0]));
  if (objects.length === 0 && missing.length === 0) throw usageError("no matching resources found");
  const timeoutMs = timeoutOf(options);
  const late = await waitForAll(session, goal, { objects, timeoutMs, output: options.text("output") });
  if (late.length) throw timedOut(`timed out waiting for ${late.join("\nerror: timed out waiting for ")}`);
  return missing.length ? EXIT.failed : EXIT.ok;
}

function timeoutOf(options: Options): number {
  const ms = options.durationMs("timeout") ?? DEFAULT_TIMEOUT_MS;
  return ms < 0 ? WEEK_MS : ms;
}

/** What is waited for to be created, or to be gone, need not be there. */
async function objectsFor(
  goal: Goal,
  session: Session,
  { options, args }: { options: Options; args: readonly string[] },
): Promise<{ objects: Awaited[]; missing: Error[] }> {
  const selections = select(await session.types(), args);
  if (selections.every(({ names }) => names) && goal.type !== "condition" && goal.type !== "jsonpath") {
    const objects = selections.flatMap(({ type, names = [] }) =>
      names.map((name) => ({ type, name, namespace: type.namespaced ? session.namespace : "" })),
    );
    return { objects, missing: [] };
  }
  const { targets, missing } = await findTargets(session, options, args);
  const objects = targets.map(({ type, namespace, object }) => ({
    type,
    namespace,
    name: object.metadata.name,
  }));
  return { objects, missing: goal.type === "delete" ? [] : missing };
}

interface Waiting {
  objects: readonly Awaited[];
  timeoutMs: number;
  output: string | undefined;
}

/** All at the same time. @returns what was not reached in time, each with the reason. */
async function waitForAll(session: Session, goal: Goal, waiting: Waiting): Promise<string[]> {
  const signal = AbortSignal.timeout(waiting.timeoutMs);
  const late = await Promise.all(
    waiting.objects.map(async (object) => {
      const reason = await waitFor(session, object, goal, signal);
      const name = qualifiedName(object.type, object.name);
      if (reason !== undefined) return [`${goal.description} on ${name}: ${reason}`];
      outLine(waiting.output === "name" ? name : `${name} ${goal.met}`);
      return [];
    }),
  );
  return late.flat();
}
