import { isUnchanged } from "./compare.ts";
import { capped, type Entry, entryOf, inOrder, isOfSameWriter, type Writer, withSet } from "./entries.ts";
import { difference, type FieldSet, isEmpty, NOTHING, sorted, union } from "./fieldset.ts";
import { changesOf, ownable, type Scope } from "./tracked.ts";
import type { FieldType, Fields } from "./types.ts";

/** A write that says how the whole object shall be. */
export interface Update {
  readonly type: FieldType;
  /** Absent for an object that is new. */
  readonly before?: Fields | undefined;
  readonly after: Fields;
  readonly scope: Scope;
  /** Who owned what before. */
  readonly managed: readonly Entry[];
  readonly writer: Writer;
}

/**
 * Who owns what after an update: the writer what it has changed, and nobody what it has removed. The rest stays with
 * its owners; a value that is sent as it was is nobody's doing.
 *
 * @returns The same entries if nothing in scope has changed.
 */
export function afterUpdate({ type, before, after, scope, managed, writer }: Update): readonly Entry[] {
  const changes = changesOf(type, { before, after, scope });
  if (isUnchanged(changes)) return managed;
  const written = union(changes.added, changes.modified);
  const taken = ownable(written);
  const own = entryOf(writer, "Update", NOTHING);
  const had = managed.find((entry) => isOfSameWriter(entry, own));
  const others = had ? managed.filter((entry) => entry !== had) : managed;
  const left = withoutFields(others, union(written, changes.removed));
  const set = union(difference(had?.fieldsV1 ?? NOTHING, changes.removed), taken);
  if (isEmpty(set)) return left;
  return inOrder(capped([...left, next(had, set, { own, isNewer: !isEmpty(taken) })]));
}

/** Most writes change the values of fields that the writer has had all along: then its set is the same object. */
function next(
  had: Entry | undefined,
  set: FieldSet,
  { own, isNewer }: { own: Entry; isNewer: boolean },
): Entry {
  const fieldsV1 = set === had?.fieldsV1 ? set : sorted(set);
  return { ...own, time: had && !isNewer ? had.time : own.time, fieldsV1 };
}

/** The entries without these fields; those that have no others vanish. */
export const withoutFields = (entries: readonly Entry[], fields: FieldSet): Entry[] =>
  entries.flatMap((entry) => withSet(entry, difference(entry.fieldsV1, fields)) ?? []);
