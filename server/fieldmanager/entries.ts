import type { ManagedFieldsEntry } from "../../apis/meta.ts";
import { type FieldSet, isEmpty, isSame, parseFieldSet, sorted, union } from "./fieldset.ts";
import { type Fields, isFields } from "./types.ts";

/** One entry of `metadata.managedFields`, whose fields are known to be a set. */
export interface Entry extends ManagedFieldsEntry {
  readonly fieldsV1: FieldSet;
}

/** Who writes, how and when. */
export interface Writer {
  readonly manager: string;
  /** Of the object as it was sent. */
  readonly apiVersion: string;
  readonly subresource?: string | undefined;
  /** RFC 3339, whole seconds. */
  readonly time: string;
}

/** The entry of a writer; `fieldsV1` in the order in which it is stored. */
export const entryOf = (
  { manager, apiVersion, subresource, time }: Writer,
  operation: Entry["operation"],
  set: FieldSet,
): Entry => ({
  manager: manager || "unknown",
  operation,
  apiVersion,
  time,
  fieldsType: "FieldsV1",
  fieldsV1: sorted(set),
  ...(subresource && { subresource }),
});

/** Whether two entries are of one writer. An applier stays the same from version to version. */
export const isOfSameWriter = (a: Entry, b: Entry): boolean =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  a.subresource === b.subresource &&
  (a.operation === "Apply" || a.apiVersion === b.apiVersion);

/** The same for all entries of one writer. */
const writerOf = ({ manager, operation, apiVersion, subresource = "" }: Entry): string =>
  JSON.stringify([manager, operation, operation === "Apply" ? "" : apiVersion, subresource]);

/** The entry with another set; the same entry if nothing has changed, undefined if nothing is left. */
export function withSet(entry: Entry, set: FieldSet): Entry | undefined {
  if (set === entry.fieldsV1) return entry;
  return isEmpty(set) ? undefined : { ...entry, fieldsV1: sorted(set) };
}

/** In the order in which Kubernetes lists them. */
export const inOrder = (entries: readonly Entry[]): Entry[] =>
  entries.toSorted(
    (a, b) =>
      compareTexts(a.operation, b.operation) ||
      compareTexts(a.time, b.time) ||
      compareTexts(a.manager, b.manager) ||
      compareTexts(a.apiVersion, b.apiVersion) ||
      compareTexts(a.subresource, b.subresource),
  );

const compareTexts = (a = "", b = ""): number => (a === b ? 0 : a < b ? -1 : 1);

/** More than these, and the oldest are folded into one. */
const MAX_UPDATERS = 10;
const FOLDED = "ancient-changes";

/** At most {@link MAX_UPDATERS} entries of updates, as far as the oldest are of one version. */
export function capped(entries: readonly Entry[]): readonly Entry[] {
  const updates = entries.filter(({ operation }) => operation === "Update");
  let excess = updates.length - MAX_UPDATERS;
  if (excess <= 0) return entries;
  const kept = new Set(entries);
  const oldest = new Map<string, Entry>();
  for (const entry of oldestFirst(updates)) {
    if (excess <= 0) break;
    const older = oldest.get(entry.apiVersion);
    oldest.set(entry.apiVersion, older ? foldedInto(older, entry) : entry);
    if (!older) continue;
    kept.delete(older);
    kept.delete(entry);
    kept.add(oldest.get(entry.apiVersion)!);
    excess--;
  }
  return [...kept];
}

/** What was folded before is older than anything else. */
const oldestFirst = (entries: readonly Entry[]): Entry[] => [
  ...entries.filter(({ manager }) => manager === FOLDED),
  ...inOrder(entries.filter(({ manager }) => manager !== FOLDED)),
];

const foldedInto = (older: Entry, { apiVersion, time = "", fieldsV1 }: Entry): Entry =>
  entryOf({ manager: FOLDED, apiVersion, time }, "Update", union(older.fieldsV1, fieldsV1));

/** Whether the same managers own the same fields, whenever they took them. */
export function ownTheSame(a: readonly Entry[], b: readonly Entry[]): boolean {
  if (a.length !== b.length) return false;
  const others = new Map(b.map((entry) => [writerOf(entry), entry]));
  return a.every((entry) => {
    const other = others.get(writerOf(entry));
    return other?.apiVersion === entry.apiVersion && isSame(other.fieldsV1, entry.fieldsV1);
  });
}

/**
 * The entries that a client sent.
 *
 * @returns Undefined if they are none; then those that are tracked stay. Empty if the client asks to forget them all.
 */
export function parseEntries(sent: unknown): Entry[] | undefined {
  if (!Array.isArray(sent)) return undefined;
  if (sent.length === 1 && isFields(sent[0]) && Object.keys(sent[0]).length === 0) return [];
  const entries = new Map<string, Entry>();
  for (const each of sent) {
    const entry = isFields(each) ? parseEntry(each) : undefined;
    if (!entry) return undefined;
    entries.set(writerOf(entry), entry);
  }
  return [...entries.values()].filter(({ fieldsV1 }) => !isEmpty(fieldsV1));
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const NAME = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{0,128}$/u;

function parseEntry(sent: Fields): Entry | undefined {
  const { operation, fieldsType, fieldsV1 = {}, time } = sent;
  const { manager = "unknown", apiVersion, subresource = "" } = sent;
  if ((operation !== "Apply" && operation !== "Update") || fieldsType !== "FieldsV1") return undefined;
  if (!isText(apiVersion, /./) || !isText(manager, NAME) || !isText(subresource, NAME)) return undefined;
  const set = parseFieldSet(fieldsV1);
  if (!set || (time !== undefined && !isText(time, TIME))) return undefined;
  return { ...entryOf({ manager, apiVersion, subresource, time: "" }, operation, set), time };
}

const isText = (value: unknown, pattern: RegExp): value is string =>
  typeof value === "string" && pattern.test(value);
