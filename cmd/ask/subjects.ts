import type { KubeList, KubeObject } from "../../apis/meta.ts";
import { failure, usageError } from "../cli/errors.ts";
import type { Options } from "../cli/options.ts";
import type { Session } from "../connect/session.ts";
import { listPath } from "../get/query.ts";
import { eachNamed, type NamedObject } from "../resources/runnable.ts";

interface Asked {
  session: Session;
  options: Options;
  args: readonly string[];
  /** What may be meant, the most likely first. */
  kinds: readonly string[];
}

/**
 * The objects that names, a selector or `--all` stand for.
 *
 * A selector and `--all` leave out what a LocalResource owns: that does what its resource says.
 *
 * @throws CliError that proposes a name if there is none of this one; for a call that leaves open what is meant.
 */
export async function subjectsOf({ session, options, args, kinds }: Asked): Promise<NamedObject[]> {
  const selector = options.text("selector");
  const ways = [args.length > 0, selector !== undefined, options.flag("all")].filter(Boolean).length;
  if (ways === 0) throw usageError("which ones? Give names, a selector (-l), or --all");
  if (ways > 1) throw usageError("give names, or a selector, or --all: one of them");
  if (args.length > 0) return eachNamed(session, args, kinds);
  const found = await listed(session, selector, kinds);
  if (found.length > 0) return found;
  const what = selector === undefined ? "nothing that runs" : `nothing with the labels ${selector}`;
  throw failure(`there is ${what} in namespace ${session.namespace}`);
}

async function listed(
  session: Session,
  labelSelector: string | undefined,
  kinds: readonly string[],
): Promise<NamedObject[]> {
  const { all } = await session.types();
  const types = kinds.flatMap((kind) => all.find((type) => type.kind === kind) ?? []);
  const query = { namespace: session.namespace, labelSelector, fieldSelector: undefined };
  const lists = await Promise.all(
    types.map(async (type) => {
      const { items } = await session.json<KubeList>(listPath(type, query));
      return items.filter((object) => !ownerOf(object)).map((object) => ({ type, object }));
    }),
  );
  return lists.flat();
}

/** The name of the LocalResource that decides what becomes of the object. */
export const ownerOf = ({ metadata }: KubeObject): string | undefined =>
  metadata.ownerReferences?.find(({ kind, controller }) => controller && kind === "LocalResource")?.name;
