import type { PatchType } from "../../apis/transport.ts";
import { OBJECT_OFFER, patchDecoder } from "../codec/index.ts";
import type { ResourceContext } from "../http/context.ts";
import type { RequestOptions } from "../registry/index.ts";
import { decodeBody } from "./body.ts";
import { targetOf } from "./get.ts";
import { booleanOf, invalidOption, writeOptionsOf } from "./options.ts";
import { representationOf, sendObject, warn } from "./respond.ts";

/** `PATCH …/{plural}/{name}[/status]`: 200, or 201 when an apply created it. */
export async function patchRoute(context: ResourceContext): Promise<void> {
  const { kind, registry, request } = context;
  const representation = representationOf(context, OBJECT_OFFER);
  const { type, decode } = patchDecoder(request.headers["content-type"], kind.builtIn);
  const { value, duplicateFields } = await decodeBody(context, decode);
  const options = patchOptionsOf(context, type, duplicateFields);
  const written = await registry.patch(targetOf(context), { type, body: value }, options);
  warn(context, written.warnings);
  await sendObject(context, written, { representation, code: written.created ? 201 : 200 });
}

/** @throws StatusError `Invalid` for options that do not go with this type of patch. */
export function patchOptionsOf(
  context: ResourceContext,
  type: PatchType,
  duplicateFields: string[],
): RequestOptions & { force?: boolean } {
  const { query } = context;
  const force = booleanOf(query, "force");
  const options = { ...writeOptionsOf(context, duplicateFields), ...(force !== undefined && { force }) };
  if (type !== "apply") {
    if (force === undefined) return options;
    throw invalidOption(
      "force",
      "Forbidden: may not be specified for non-apply patch",
      "FieldValueForbidden",
    );
  }
  // Who applies must say who it is (rule 66): the name of the program will not do.
  const fieldManager = query.get("fieldManager");
  if (fieldManager) return options;
  throw invalidOption("fieldManager", "Required value: is required for apply patch");
}
