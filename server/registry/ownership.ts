import { detailsOf, type FieldError, invalid, StatusError, type Subject } from "../../apis/errors.ts";
import { apiVersionOf, type Kind } from "../../apis/kind.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { isUnchanged } from "../admission/update.ts";
import { nowSeconds } from "../clock.ts";
import {
  afterUpdate,
  apply,
  type Conflict,
  conflictMessages,
  type Entry,
  inScope,
  objectTypeOf,
  ownTheSame,
  parseEntries,
  type Problem,
  problemsOf,
  type Scope,
  type Writer,
} from "../fieldmanager/index.ts";
import { subjectOf } from "./subject.ts";
import type { RequestOptions, Target } from "./types.ts";

/** Writes inside the process that do not say whose they are. */
const DEFAULT_MANAGER = "tiltish";

interface Written {
  /** Absent for an object that is new. */
  current?: KubeObject;
  next: KubeObject;
  /** `metadata.managedFields` as the writer sent them. */
  sent: unknown;
}

/** What is to be stored, with who owns which field of it after this write (rules 68 and 71). */
export function tracked(kind: Kind, { current, next, sent }: Written, options: RequestOptions): KubeObject {
  const managed = ownersBefore(current, sent, options);
  // What is there and is owned by nobody was written before anybody cared, or nobody is to care.
  if (current && managed.length === 0) return withOwners(next, managed);
  const update = { before: current, after: next, managed, writer: writerOf(kind, options) };
  return withOwners(next, afterUpdate({ ...update, type: typeOf(kind), scope: scopeOf(kind, options) }));
}

const typeOf = ({ schema }: Kind) => objectTypeOf(schema);

const writerOf = (kind: Kind, { fieldManager, subresource }: RequestOptions): Writer => ({
  manager: fieldManager || DEFAULT_MANAGER,
  apiVersion: apiVersionOf(kind),
  subresource,
  time: nowSeconds(),
});

function scopeOf({ subresources }: Kind, { subresource }: RequestOptions): Scope {
  if (subresource === "status") return "status";
  return subresources.status ? "all but status" : "all";
}

const ownersOf = ({ metadata }: KubeObject): readonly Entry[] =>
  (metadata.managedFields ?? []) as readonly Entry[];

/** A client that knows of owners may set them; one that sends none, or none that can be read, leaves them alone. */
function ownersBefore(
  current: KubeObject | undefined,
  sent: unknown,
  { subresource }: RequestOptions,
): readonly Entry[] {
  const live = current ? ownersOf(current) : [];
  if (subresource !== undefined || sent === undefined || sent === current?.metadata.managedFields)
    return live;
  const entries = parseEntries(sent);
  return entries === undefined || ownTheSame(entries, live) ? live : entries;
}

/** The object with these owners of its fields. */
export function withOwners(object: KubeObject, managedFields: readonly Entry[]): KubeObject {
  const { managedFields: before, ...metadata } = object.metadata;
  if (before === managedFields) return object;
  return { ...object, metadata: { ...metadata, ...(managedFields.length > 0 && { managedFields }) } };
}

/** The present object, if only the times of its owners differ: they are no change (rule 55). */
export function withOldTimes(current: KubeObject, next: KubeObject): KubeObject {
  const [was, is] = [ownersOf(current), ownersOf(next)];
  if (!ownTheSame(was, is)) return next;
  return isUnchanged(current, withOwners(next, was)) ? current : next;
}

/** A configuration that somebody applies. */
interface Application {
  /** Absent if there is no such object. */
  current: KubeObject | undefined;
  config: KubeObject;
}

/**
 * The object with a configuration applied to it, and who owns what then (rules 69 and 70). It is not admitted yet.
 *
 * @throws StatusError `Conflict` if others own what would change, `Invalid` for items that cannot be told apart.
 */
export function applied(
  { kind, name }: Target,
  { current, config }: Application,
  options: RequestOptions,
): { object: KubeObject; managed: readonly Entry[] } {
  const type = typeOf(kind);
  checkItems(kind, config, problemsOf(type, inScope(config, scopeOf(kind, options))));
  const outcome = apply({
    type,
    live: current,
    applied: config,
    scope: scopeOf(kind, options),
    managed: current ? ownersOf(current) : [],
    writer: writerOf(kind, options),
    force: options.force,
  });
  if (outcome.conflicts) throw applyConflict(subjectOf(kind, name), outcome.conflicts);
  return { object: outcome.object as KubeObject, managed: outcome.managed };
}

function checkItems({ group, kind }: Kind, { metadata }: KubeObject, problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const errors = problems.map(({ field, message, kind }): FieldError => ({
    field,
    message,
    reason: `FieldValue${kind}`,
  }));
  throw invalid({ group, kind, name: metadata.name }, errors);
}

function applyConflict(subject: Subject, conflicts: readonly Conflict[]): StatusError {
  const { message, causes } = conflictMessages(conflicts);
  return new StatusError(409, "Conflict", message, {
    ...detailsOf(subject),
    causes: causes.map((cause) => ({ reason: "FieldManagerConflict", ...cause })),
  });
}
