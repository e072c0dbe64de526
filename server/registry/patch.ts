import { badRequest, invalid, notFound } from "../../apis/errors.ts";
import type { KubeObject } from "../../apis/meta.ts";
import type { PatchType } from "../../apis/transport.ts";
import { checkFields, checkOptions, decode, isRecord } from "../admission/decode.ts";
import type { Store } from "../storage/index.ts";
import { applyPatch } from "./apply.ts";
import { commit } from "./commit.ts";
import { type Patch, patchOf } from "./patch/index.ts";
import { subjectOf } from "./subject.ts";
import type { RequestOptions, Target, Written } from "./types.ts";
import { replacement } from "./update.ts";

/**
 * Changes part of an object. It is applied to the newest state, so concurrent patches do not conflict, unless the
 * patch itself names a `metadata.resourceVersion` (rule 63).
 *
 * @throws StatusError as `update`, and `UnsupportedMediaType` for a kind of patch that is not understood.
 */
export async function patch(
  store: Store,
  target: Target,
  request: { type: PatchType; body: unknown },
  options: RequestOptions,
): Promise<Written> {
  checkOptions(options);
  const { kind, name } = target;
  const apply = patchOf(kind, request);
  if (request.type === "apply") return applyPatch(store, target, request.body, options);
  if (options.force !== undefined) throw onlyForApply();
  let warnings: string[] = [];
  const { object, bytes } = await commit(
    store,
    target,
    (current) => {
      if (!current) throw notFound(subjectOf(kind, name));
      const patched = patchedObject(target, current, apply);
      const decoded = decode(kind, patched);
      warnings = checkFields({ kind, name }, decoded.unknown, options, true);
      return replacement(kind, { current, decoded }, options);
    },
    options.dryRun,
  );
  return { object, bytes, created: false, warnings };
}

function patchedObject({ kind, name }: Target, current: KubeObject, apply: Patch): Record<string, unknown> {
  const patched = apply(current);
  if (!isRecord(patched)) throw badRequest("the patch leaves no object");
  for (const field of ["apiVersion", "kind"] as const) {
    if (patched[field] === current[field]) continue;
    const isThere = patched[field] !== undefined;
    const message = isThere
      ? `Invalid value: ${JSON.stringify(patched[field])}: field is immutable`
      : "Required value: the patch takes it away";
    const reason = isThere ? "FieldValueInvalid" : "FieldValueRequired";
    throw invalid({ group: kind.group, kind: kind.kind, name }, [{ field, message, reason }]);
  }
  return patched;
}

const onlyForApply = () =>
  invalid({ group: "meta.k8s.io", kind: "PatchOptions", name: "" }, [
    {
      field: "force",
      message: "Forbidden: may not be specified for non-apply patch",
      reason: "FieldValueForbidden",
    },
  ]);
