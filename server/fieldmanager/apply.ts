import { appliedSet } from "./applied.ts";
import { collapsed } from "./collapse.ts";
import { isUnchanged } from "./compare.ts";
import { type Entry, entryOf, inOrder, isOfSameWriter, type Writer, withSet } from "./entries.ts";
import {
  type FieldSet,
  has,
  intersection,
  isEmpty,
  isSame,
  type Path,
  pathsOf,
  union,
  unionOfAll,
} from "./fieldset.ts";
import { allowedByLastApplied, withLastApplied } from "./lastapplied.ts";
import { merge } from "./merge.ts";
import { prune } from "./rebuild.ts";
import { changesOf, inScope, ownable, type Scope } from "./tracked.ts";
import type { FieldType, Fields } from "./types.ts";
import { afterUpdate, withoutFields } from "./update.ts";

/** A write that says only what its applier cares for. */
export interface Application {
  readonly type: FieldType;
  /** Absent if there is no such object yet. */
  readonly live?: Fields | undefined;
  readonly applied: Fields;
  readonly scope: Scope;
  /** Who owned what before. */
  readonly managed: readonly Entry[];
  readonly writer: Writer;
  /** Take over what others own. */
  readonly force?: boolean | undefined;
}

/** A field that would get another value, and who owns it. */
export interface Conflict {
  readonly owner: Entry;
  readonly path: Path;
}

export type Applied =
  | { readonly object: Fields; readonly managed: readonly Entry[]; readonly conflicts?: undefined }
  | { readonly conflicts: readonly Conflict[] };

/** Who owns what was there before anybody's ownership was tracked. */
const BEFORE_FIRST_APPLY = "before-first-apply";
/** Goes on, without a conflict, where it has applied from the client before. */
const KUBECTL = "kubectl";

/**
 * The object as somebody wants it who applies a configuration: what is applied is set; what the same manager applied
 * before and does not any more goes, unless somebody else owns it; everything else stays.
 *
 * @returns Conflicts, if a value would change that another manager owns and `force` is not given.
 */
export function apply(application: Application): Applied {
  const { type, live, writer } = application;
  const managed = application.managed.flatMap(
    (entry) => withSet(entry, collapsed(type, entry.fieldsV1)) ?? [],
  );
  const start = {
    ...application,
    managed: live && managed.length === 0 ? untracked(application, live) : managed,
  };
  const outcome = attempt(start);
  if (writer.manager !== KUBECTL || !live) return outcome;
  return withLastApplied(
    outcome.conflicts ? retried(start, outcome.conflicts) : outcome,
    application.applied,
  );
}

/** What was there is owned by a manager that stands for everybody until then. */
const untracked = ({ type, scope, writer }: Application, live: Fields): readonly Entry[] =>
  afterUpdate({
    type,
    after: live,
    scope,
    managed: [],
    writer: { ...writer, manager: BEFORE_FIRST_APPLY },
  });

/** What kubectl has set from the client, and nobody has changed since, is its own all the same. */
function retried(application: Application, conflicts: readonly Conflict[]): Applied {
  const { type, live = {}, writer } = application;
  const allowed = allowedByLastApplied(type, live, writer.apiVersion);
  const left = conflicts.filter(({ path }) => !has(allowed, path));
  return left.length ? { conflicts: left } : attempt({ ...application, force: true });
}

function attempt(application: Application): Applied {
  const { type, live, scope, force } = application;
  const plan = planOf(application);
  const changes = changesOf(type, { before: live, after: plan.object, scope });
  const written = union(changes.added, changes.modified);
  const conflicts = force ? [] : conflictsIn(plan.others, written);
  if (conflicts.length) return { conflicts };
  const left = withoutFields(plan.others, union(written, changes.removed));
  // What changes nothing is not worth another time.
  const own = (isUnchanged(changes) && plan.same) || plan.own;
  return { object: plan.object, managed: inOrder(isEmpty(own.fieldsV1) ? left : [...left, own]) };
}

interface Plan {
  /** As it will be. */
  readonly object: Fields;
  /** What the applier will own. */
  readonly own: Entry;
  /** What it owned before, if that is the very same. */
  readonly same: Entry | undefined;
  readonly others: readonly Entry[];
}

function planOf({ type, live = {}, applied, scope, managed, writer }: Application): Plan {
  const wanted = inScope(applied, scope);
  const set = appliedSet(type, wanted);
  const own = entryOf(writer, "Apply", ownable(set));
  const last = managed.find((entry) => isOfSameWriter(entry, own));
  const others = managed.filter((entry) => entry !== last);
  const merged = merge(type, live, wanted) as Fields;
  if (!last) return { object: merged, own, same: undefined, others };
  if (isSame(last.fieldsV1, own.fieldsV1)) {
    return { object: merged, own, same: last.apiVersion === own.apiVersion ? last : undefined, others };
  }
  const now = unionOfAll([...others.map(({ fieldsV1 }) => fieldsV1), set]);
  const object = prune(type, merged, { before: last.fieldsV1, now }) as Fields;
  return { object, own, same: undefined, others };
}

const conflictsIn = (others: readonly Entry[], written: FieldSet): Conflict[] =>
  others.flatMap((owner) =>
    [...pathsOf(intersection(owner.fieldsV1, written))].map((path) => ({ owner, path })),
  );
