import { badRequest, conflict, invalid, notFound } from "../../apis/errors.ts";
import { apiVersionOf } from "../../apis/kind.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { encodingOf } from "../admission/builtin.ts";
import { admitCreate } from "../admission/create.ts";
import { checkFields, decode, type Decoded, isRecord } from "../admission/decode.ts";
import { admitUpdate, checkPlace } from "../admission/update.ts";
import type { Change, Store } from "../storage/index.ts";
import { commit } from "./commit.ts";
import { checkDefinition } from "./definitions.ts";
import { checkNamespace } from "./namespaces.ts";
import { applied, withOldTimes, withOwners } from "./ownership.ts";
import { subjectOf } from "./subject.ts";
import type { RequestOptions, Target, Written } from "./types.ts";
import { changeTo } from "./update.ts";

/**
 * Applies a configuration to an object, or to its status; creates the object if it is not there (rules 66-73).
 *
 * @throws StatusError `Conflict` if others own what would change and `force` is not given; `NotFound` for the status
 *   of an object that is not there; `BadRequest` or `Invalid` for a configuration that is none.
 */
export async function applyPatch(
  store: Store,
  target: Target,
  body: unknown,
  options: RequestOptions,
): Promise<Written> {
  const { kind, name } = target;
  const decoded = configuration(target, body, options);
  const warnings = checkFields({ kind, name }, decoded.unknown, options);
  checkDeclared(target, decoded);
  let created = false;
  const { object, bytes } = await commit(
    store,
    target,
    (current, peek) => {
      created = !current;
      if (current) return changeOf(target, { current, decoded }, options);
      if (options.subresource) throw notFound(subjectOf(kind, name));
      checkDefinition(peek, target);
      checkNamespace(peek, target);
      return { put: creation(target, decoded, options) };
    },
    options.dryRun,
  );
  return { object, bytes, created, warnings };
}

/** A body as what it must be to be applied. Nothing may be left to be guessed, not even for built-in kinds. */
function configuration(
  { kind, namespace, name }: Target,
  body: unknown,
  { fieldManager }: RequestOptions,
): Decoded {
  if (!fieldManager) throw needsManager();
  if (!isRecord(body)) throw badRequest("the body of an apply must be an object");
  for (const field of ["apiVersion", "kind"]) {
    if (typeof body[field] !== "string") throw badRequest(`Object '${field}' is missing in the body`);
  }
  const decoded = decode(kind, body);
  // What is only a way to write something is owned as what it writes.
  encodingOf(kind)?.(decoded.fields);
  const { metadata } = decoded;
  checkPlace(kind, { name, namespace }, metadata);
  if (metadata.managedFields) throw badRequest("metadata.managedFields must be nil");
  if (metadata.name) return decoded;
  throw badRequest(
    `metadata.name must be given in what is applied, and be ${name}: an apply generates no names`,
  );
}

const needsManager = () =>
  invalid({ group: "meta.k8s.io", kind: "PatchOptions", name: "" }, [
    {
      field: "fieldManager",
      message: "Required value: is required for apply patch",
      reason: "FieldValueRequired",
    },
  ]);

/** Who applies a field wants it to be there: to drop it in silence would be to own nothing (rule 73). */
function checkDeclared({ kind, namespace, name }: Target, { unknown }: Decoded): void {
  if (unknown.length === 0) return;
  const fields = unknown.slice(0, 100).map((path) => `.${path}: field not declared in schema`);
  const what = `${namespace ? `${namespace}/` : ""}${name}; ${apiVersionOf(kind)}, Kind=${kind.kind}`;
  throw badRequest(`failed to create typed patch object (${what}): ${fields.join(", ")}`);
}

interface Present {
  current: KubeObject;
  decoded: Decoded;
}

function changeOf(target: Target, { current, decoded }: Present, options: RequestOptions): Change {
  const { kind } = target;
  const { object, managed } = applied(target, { current, config: objectOf(target, decoded) }, options);
  const { metadata, ...merged } = decode(kind, object);
  // What the configuration says of whom it means is a precondition, as in any other write.
  const { uid, namespace, resourceVersion } = decoded.metadata;
  const asked = { ...metadata, uid, namespace, resourceVersion };
  const next = admitUpdate(kind, current, { ...merged, metadata: asked }, options.subresource);
  return changeTo(current, withOldTimes(current, withOwners(next, managed)));
}

function creation(target: Target, decoded: Decoded, options: RequestOptions): KubeObject {
  const { kind, namespace, name } = target;
  const { uid, resourceVersion } = decoded.metadata;
  if (uid) {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(subjectOf(kind, name), why);
  }
  const config = objectOf(target, decoded);
  const { object, managed } = applied(target, { current: undefined, config }, options);
  const { metadata, ...rest } = decode(kind, object);
  const wanted = { ...rest, metadata: { ...metadata, ...(resourceVersion && { resourceVersion }) } };
  return withOwners(admitCreate(kind, namespace, wanted), managed);
}

const objectOf = ({ kind }: Target, { metadata, fields }: Decoded): KubeObject => ({
  ...fields,
  apiVersion: apiVersionOf(kind),
  kind: kind.kind,
  metadata,
});
