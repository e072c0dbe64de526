import { invalid, isReason, notFound } from "../../apis/errors.ts";
import type { Kind } from "../../apis/kind.ts";
import type { KubeObject, ObjectMeta } from "../../apis/meta.ts";
import { checkFields, checkOptions, decode, type Decoded } from "../admission/decode.ts";
import { readable } from "../admission/readable.ts";
import { admitUpdate, checkPlace, isUnchanged } from "../admission/update.ts";
import type { Change, Store } from "../storage/index.ts";
import { commit } from "./commit.ts";
import { create } from "./create.ts";
import { isHeld } from "./held.ts";
import { tracked } from "./ownership.ts";
import { keyOf, subjectOf } from "./subject.ts";
import type { RequestOptions, Target, Written } from "./types.ts";

/**
 * Replaces an object, or its status, if it is still as the caller read it.
 *
 * @throws StatusError `NotFound`; `Conflict` if someone else was first; `BadRequest` or `Invalid` for a bad object.
 */
export async function update(
  store: Store,
  target: Target,
  body: unknown,
  options: RequestOptions,
): Promise<Written> {
  checkOptions(options);
  const { kind, name } = target;
  // Taken apart once: a decision, which fills defaults into it, is made once.
  const decoded = decode(kind, body);
  const { unknown, metadata } = decoded;
  checkPlace(kind, target, metadata);
  const created = kind.createOnUpdate && (await createInstead(store, target, { body, metadata, options }));
  if (created) return created;
  const warnings = checkFields({ kind, name }, unknown, options);
  const { object, bytes } = await commit(
    store,
    target,
    (current) => {
      if (!current) throw notFound(subjectOf(kind, name));
      if (!metadata.resourceVersion && !kind.unconditionalUpdate) throw needsResourceVersion(kind, name);
      return readable(kind, () => replacement(kind, { current, decoded }, options));
    },
    options.dryRun,
  );
  return { object, bytes, created: false, warnings };
}

interface Sent {
  body: unknown;
  metadata: Partial<ObjectMeta>;
  options: RequestOptions;
}

/** Of some kinds, replacing what is not there creates it; not if somebody thinks to have seen it. */
async function createInstead(
  store: Store,
  target: Target,
  { body, metadata, options }: Sent,
): Promise<Written | undefined> {
  const { kind, name, namespace } = target;
  if (options.subresource || metadata.resourceVersion) return undefined;
  if (store.get(keyOf(target))) return undefined;
  try {
    return await create(
      store,
      { kind, namespace },
      { ...(body as object), metadata: { ...metadata, name } },
      options,
    );
  } catch (error) {
    if (isReason(error, "AlreadyExists")) return undefined; // by somebody else, meanwhile
    throw error;
  }
}

interface Replacement {
  current: KubeObject;
  decoded: Decoded;
}

/** What is to be done to replace an object, or its status, by what was decoded. */
export function replacement(kind: Kind, { current, decoded }: Replacement, options: RequestOptions): Change {
  const next = admitUpdate(kind, current, decoded, options.subresource);
  const { managedFields: sent } = decoded.metadata;
  return changeTo(current, tracked(kind, { current, next, sent }, options));
}

/** What is to be done to come from one state to another (rules 55 and 101). */
export function changeTo(current: KubeObject, next: KubeObject): Change {
  if (next.metadata.deletionTimestamp && !isHeld(next)) return { remove: next };
  return isUnchanged(current, next) ? "unchanged" : { put: next };
}

const needsResourceVersion = ({ group, kind }: Kind, name: string) =>
  invalid({ group, kind, name }, [
    {
      field: "metadata.resourceVersion",
      message: "Invalid value: 0: must be specified for an update",
      reason: "FieldValueInvalid",
    },
  ]);
