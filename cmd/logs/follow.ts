import type { KubeObject } from "../../apis/meta.ts";
import { RESOURCE_LABEL } from "../../apis/v1alpha1/index.ts";
import { paintFor, wantsColor } from "../cli/color.ts";
import { say } from "../cli/io.ts";
import { sanitize } from "../cli/sanitize.ts";
import { Gap } from "../connect/gap.ts";
import type { Session } from "../connect/session.ts";
import type { NamedObject } from "../resources/runnable.ts";
import { followAll, type FollowOptions } from "../up/follow.ts";
import { RunRules } from "../up/rules.ts";
import { labelOf } from "./owners.ts";
import type { LogQuery } from "./stream.ts";
import type { WriteLine } from "./writer.ts";

/** Which processes, or other objects that have a log; those included that are still to come. */
export interface Scope {
  readonly plural: string;
  readonly where: NonNullable<FollowOptions["scope"]>;
}

/** What a name stands for: a process, or all that a LocalResource owns. */
export function scopeOf({ type, object }: NamedObject): Scope {
  const { name, namespace } = object.metadata;
  if (type.kind === "LocalResource")
    return { plural: "localprocesses", where: { namespace, labelSelector: `${RESOURCE_LABEL}=${name}` } };
  return { plural: type.plural, where: { namespace, fieldSelector: `metadata.name=${name}` } };
}

/** All that a selector may match. */
export const scopesOf = (namespace: string, labelSelector: string): Scope[] =>
  ["localprocesses", "cfappsyncs", "k8sresources"].map((plural) => ({
    plural,
    where: { namespace, labelSelector },
  }));

export interface LogFollowOptions {
  session: Session;
  scopes: readonly Scope[];
  query: LogQuery;
  write: WriteLine;
}

/** Shows what comes, for ever; with a line on stderr for each run. */
export async function followScopes({ session, scopes, query, write }: LogFollowOptions): Promise<void> {
  const types = await session.types();
  const { signal } = new AbortController();
  const gap = new Gap();
  const rules = new RuleLines();
  const { grep, level } = query;
  // Two scopes may have the same process; it is shown once.
  const takers = new Map<string, Scope>();
  const isMine = (scope: Scope, { metadata }: KubeObject): boolean => {
    const taker = takers.get(`${metadata.uid}`) ?? scope;
    takers.set(`${metadata.uid}`, taker);
    return taker === scope;
  };
  const follow = (scope: Scope) =>
    followAll({
      session,
      type: types.one(scope.plural),
      scope: scope.where,
      signal,
      gap,
      // Of what is there later, everything is new.
      queryFor: (isNew) => (isNew ? { grep, level } : query),
      onLine: (process, line) => {
        if (isMine(scope, process)) write(process, line);
      },
      onChange: (change, process, isNew) => {
        if (isMine(scope, process)) rules.change(change, process, isNew);
      },
      onError: ({ metadata }, error) =>
        say(`tiltish: no log of ${metadata.name}: ${error instanceof Error ? error.message : "?"}`),
    });
  await Promise.all(scopes.map(follow));
}

/** `── api run 7 · src/a.ts saved · ready in 412 ms ──`, for people only. */
class RuleLines {
  readonly #rules = new RunRules();
  readonly #seen = new Set<string>();
  readonly #paint = paintFor(wantsColor(process.stderr));

  change(change: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject, isNew: boolean): void {
    const uid = `${object.metadata.uid}`;
    if (change === "DELETED") return this.#rules.forget(object);
    const isFirst = !this.#seen.has(uid);
    this.#seen.add(uid);
    if (isFirst && !isNew) return this.#rules.skip(object);
    const rule = this.#rules.tell(object, isFirst);
    if (rule !== undefined) say(this.#paint.name(labelOf(object), sanitize(`── ${rule} ──`)));
  }
}
