import { isReason, notFound } from "../../apis/errors.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { CliError, EXIT } from "../cli/errors.ts";
import { didYouMean } from "../cli/suggest.ts";
import type { KubeList } from "../../apis/meta.ts";
import type { Session } from "../connect/session.ts";
import { listPath, namePath } from "../get/query.ts";
import type { ResourceType } from "./types.ts";

/** An object that somebody named. */
export interface NamedObject {
  type: ResourceType;
  object: KubeObject;
}

/**
 * The objects that bare names or `TYPE/NAME` stand for.
 *
 * @param kinds - What a bare name may be, the most likely first.
 * @throws CliError that proposes a name if there is none of this one.
 */
export async function eachNamed(
  session: Session,
  args: readonly string[],
  kinds: readonly string[],
): Promise<NamedObject[]> {
  const types = await session.types();
  const candidates = kinds.flatMap((kind) => types.all.find((type) => type.kind === kind) ?? []);
  return Promise.all(
    args.map(async (arg) => {
      const [word, name = ""] = arg.includes("/") ? arg.split("/", 2) : [undefined, arg];
      const tried = word ? [types.one(word)] : candidates;
      for (const type of tried) {
        const object = await read(session, type, name);
        if (object) return { type, object };
      }
      if (word) throw notFound({ group: tried[0]!.group, plural: tried[0]!.plural, name: name });
      throw await unknownName(session, candidates, name);
    }),
  );
}

async function read(session: Session, type: ResourceType, name: string): Promise<KubeObject | undefined> {
  try {
    return await session.json<KubeObject>(namePath(type, session.namespace, name));
  } catch (error) {
    if (isReason(error, "NotFound")) return undefined;
    throw error;
  }
}

async function unknownName(session: Session, types: readonly ResourceType[], name: string): Promise<Error> {
  const query = { namespace: session.namespace, labelSelector: undefined, fieldSelector: undefined };
  const lists = await Promise.all(
    types.map((type) => session.json<KubeList>(listPath(type, query)).catch(() => undefined)),
  );
  const names = lists.flatMap((list) => list?.items.map(({ metadata }) => metadata.name) ?? []);
  const kinds = types.length > 3 ? "object" : types.map(({ kind }) => kind).join(" or ");
  const hint =
    didYouMean(name, names) || (names.length ? `; there are ${names.slice(0, 10).join(", ")}` : "");
  return new CliError(`error: no ${kinds} "${name}" in namespace ${session.namespace}${hint}`, EXIT.failed);
}
