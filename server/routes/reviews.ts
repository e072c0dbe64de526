import { badRequest, invalid, type FieldError } from "../../apis/errors.ts";
import { apiVersionOf, type Kind } from "../../apis/kind.ts";
import type { ObjectMeta } from "../../apis/meta.ts";
import { checkFields, checkOptions, decode } from "../admission/decode.ts";
import { schemaOf } from "../admission/schema.ts";
import { findReview, type Review } from "../auth/index.ts";
import type { Offer } from "../codec/index.ts";
import type { RequestContext, ResourceContext } from "../http/context.ts";
import { methodNotAllowed, unknownPath } from "../http/errors.ts";
import type { ResourcePath } from "../http/requestinfo.ts";
import { decodeObject } from "./body.ts";
import { writeOptionsOf } from "./options.ts";
import { representationOf, sendValue, warn } from "./respond.ts";

/** `POST` of a question about who may do what (rule 109): 201 and the answer. Undefined for any other path. */
export function reviewRoute(
  context: RequestContext,
  resource: ResourcePath,
): (() => Promise<void>) | undefined {
  const { group, version, plural, name, namespace } = resource;
  const review = findReview(group, version, plural);
  if (!review) return undefined;
  if (name || review.kind.namespaced !== (namespace !== "")) throw unknownPath();
  if (context.request.method !== "POST") throw methodNotAllowed(context.request.method);
  return () => answer({ ...context, kind: review.kind, resource }, review);
}

/** There is nothing in it that a table could show. */
const OFFER: Offer = { formats: ["json", "yaml"], transforms: [] };

async function answer(context: ResourceContext, review: Review): Promise<void> {
  const { authority, identity, kind, registry } = context;
  const { format, contentType } = representationOf(context, OFFER);
  const { metadata, spec } = await questionOf(context, review);
  const status = review.answer({ spec, identity, authority, kinds: registry.kinds.all() });
  const body = {
    kind: kind.kind,
    apiVersion: apiVersionOf(kind),
    metadata,
    ...(hasSpec(kind) && { spec: review.forgetsSpec ? {} : spec }),
    status,
  };
  await sendValue(context, body, { code: 201, format, contentType });
}

interface Asked {
  metadata: Partial<ObjectMeta>;
  spec: object;
}

/** @throws StatusError for a question that cannot be understood, or is not one of this kind. */
async function questionOf(context: ResourceContext, review: Review): Promise<Asked> {
  const { kind, resource } = context;
  const { value, duplicateFields } = await decodeObject(context);
  const options = writeOptionsOf(context, duplicateFields);
  const { metadata, fields, unknown } = decode(kind, value);
  checkOptions(options);
  warn(context, checkFields({ kind, name: "" }, unknown, options));
  const asked = { metadata: metadataOf(metadata, resource.namespace), spec: fields["spec"] ?? {} };
  const errors = errorsOf(review, asked, resource.namespace);
  if (errors.length > 0) throw invalid({ group: kind.group, kind: kind.kind, name: "" }, errors);
  return asked;
}

function metadataOf({ managedFields: _, ...metadata }: ObjectMeta, namespace: string): Partial<ObjectMeta> {
  if (namespace === "") return metadata;
  if ((metadata.namespace ?? namespace) === namespace) return { ...metadata, namespace };
  throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
}

function errorsOf(review: Review, asked: Asked, namespace: string): FieldError[] {
  const { kind, isNameless } = review;
  const { spec, metadata } = asked;
  const mistyped = schemaOf(kind).check(hasSpec(kind) ? { spec } : {});
  if (mistyped.length > 0) return mistyped;
  const { namespace: _, ...rest } = metadata;
  const isNamed = isNameless && Object.keys(namespace === "" ? metadata : rest).length > 0;
  return [...(review.errors?.(spec, namespace) ?? []), ...(isNamed ? [notEmpty(namespace)] : [])];
}

const notEmpty = (namespace: string): FieldError => ({
  field: "metadata",
  message: `Invalid value: must be empty${namespace === "" ? "" : " except for namespace"}`,
  reason: "FieldValueInvalid",
});

const hasSpec = ({ schema }: Kind): boolean => Object.hasOwn(schema.properties, "spec");
