import { isUnchanged } from "./compare.ts";
import { capped, type Entry, entryOf, inOrder, type Writer, withSet, writerOf } from "./entries.ts";
import { difference, type FieldSet, isEmpty, isSame, union } from "./fieldset.ts";
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
  const left = withoutFields(managed, union(written, changes.removed));
  return inOrder(capped(withTaken(left, managed, { writer, taken: ownable(written) })));
}

/** The entries without these fields; those that have no others vanish. */
export const withoutFields = (entries: readonly Entry[], fields: FieldSet): Entry[] =>
  entries.flatMap((entry) => withSet(entry, difference(entry.fieldsV1, fields)) ?? []);

/** The entries, with the writer's own owning also what it has taken. */
function withTaken(
  left: readonly Entry[],
  managed: readonly Entry[],
  { writer, taken }: { writer: Writer; taken: FieldSet },
): readonly Entry[] {
  if (isEmpty(taken)) return left;
  const own = entryOf(writer, "Update", taken);
  const isOwn = (entry: Entry) => writerOf(entry) === writerOf(own);
  const kept = left.find(isOwn);
  const set = kept ? union(kept.fieldsV1, taken) : taken;
  const had = managed.find(isOwn);
  // Most writes change the values of fields that the writer has had all along.
  const next =
    had && isSame(set, had.fieldsV1) ? { ...had, time: writer.time } : entryOf(writer, "Update", set);
  return [...left.filter((entry) => !isOwn(entry)), next];
}
