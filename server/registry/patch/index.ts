import { badRequest, StatusError } from "../../../apis/errors.ts";
import type { Kind } from "../../../apis/kind.ts";
import type { KubeObject } from "../../../apis/meta.ts";
import type { PatchType } from "../../../apis/transport.ts";
import { isRecord } from "../../admission/decode.ts";
import { jsonPatch } from "./json.ts";
import { mergePatch } from "./merge.ts";
import { strategicMergePatch } from "./strategic.ts";

/** Gives the patched copy of an object. The patch has been read once and may be applied many times. */
export type Patch = (current: KubeObject) => unknown;

const MEDIA_TYPES: Record<PatchType, string> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
};

/** The media types of the patches that a kind understands (rules 14 and 62). */
export const patchTypesOf = (kind: Kind): string[] =>
  kind.builtIn
    ? [MEDIA_TYPES.json, MEDIA_TYPES.merge, MEDIA_TYPES.strategic, MEDIA_TYPES.apply]
    : [MEDIA_TYPES.json, MEDIA_TYPES.merge, MEDIA_TYPES.apply];

/**
 * @throws StatusError `UnsupportedMediaType` for a type that the kind does not understand, `BadRequest` for a body
 *   that is no such patch.
 */
export function patchOf(kind: Kind, { type, body }: { type: PatchType; body: unknown }): Patch {
  const offered = patchTypesOf(kind);
  if (!offered.includes(MEDIA_TYPES[type])) {
    const message = `the body of the request was in an unknown format - accepted media types include: ${offered.join(", ")}`;
    throw new StatusError(415, "UnsupportedMediaType", message);
  }
  if (type === "json") return jsonPatch(body);
  if (!isRecord(body)) throw badRequest("the patch must be an object");
  return type === "merge"
    ? (current) => mergePatch(current, body)
    : (current) => strategicMergePatch(current, body);
}
