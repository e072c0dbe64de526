import type { KubeObject } from "../../apis/meta.ts";
import { usageError } from "../cli/errors.ts";
import type { Options } from "../cli/options.ts";
import type { Session } from "../connect/session.ts";
import { fetchObjects } from "../get/fetch.ts";
import { queryFrom } from "../get/query.ts";
import { select, type Selection } from "./select.ts";
import type { ResourceType } from "./types.ts";

/** An object that a call is about. */
export interface TargetObject {
  type: ResourceType;
  namespace: string;
  object: KubeObject;
}

/** What was found, and the errors about what was named and is not there. */
export interface FoundTargets {
  targets: TargetObject[];
  missing: Error[];
}

/**
 * The objects that `TYPE NAME…`, `TYPE/NAME…`, `TYPE -l SELECTOR` or `TYPE --all` stand for.
 *
 * @throws CliError with exit code 2 if it is left open which objects are meant.
 */
export async function findTargets(
  session: Session,
  options: Options,
  args: readonly string[],
): Promise<FoundTargets> {
  const selections = select(await session.types(), args);
  const query = { ...queryFrom(options, session), chunkSize: 500 };
  const bySelector = query.labelSelector !== undefined || query.fieldSelector !== undefined;
  if (selections.some(({ names }) => !names) && !bySelector && !options.flag("all")) {
    throw usageError(`which ones? Give names, a selector (-l), or --all`);
  }
  if (selections.some(({ names }) => names) && (bySelector || options.flag("all"))) {
    throw usageError("give names, or a selector, or --all: one of them");
  }
  const found = await Promise.all(
    selections.map((selection) =>
      fetchObjects(session, selection, query).then(({ parts, missing }) => ({ parts, missing, selection })),
    ),
  );
  return {
    targets: found.flatMap(({ parts, selection }) => parts.map((object) => targetOf(selection, object))),
    missing: found.flatMap(({ missing }) => missing),
  };
}

/**
 * Those that have a verb, if there are any: a category such as `all` also names what can only be read, and shows
 * something else that is named as well.
 */
export function thatAllow(verb: string, targets: TargetObject[]): TargetObject[] {
  const allowed = targets.filter(({ type }) => type.verbs.includes(verb));
  return allowed.length > 0 ? allowed : targets;
}

const targetOf = ({ type }: Selection, object: KubeObject): TargetObject => ({
  type,
  namespace: object.metadata.namespace ?? "",
  object,
});
