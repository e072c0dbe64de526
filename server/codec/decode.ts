import { StatusError } from "../../apis/errors.ts";
import type { PatchType } from "../../apis/transport.ts";
import { decodeExactJson, decodeJson, type Decoded } from "./json.ts";
import { parseMediaType } from "./media.ts";
import { decodeProtobuf, PROTOBUF } from "./protobuf/index.ts";
import { decodeExactYaml, decodeYaml } from "./yaml.ts";

type Decoder = (bytes: Buffer) => Decoded;

/** Bodies of create, update and delete. */
const OBJECT_DECODERS: Readonly<Record<string, Decoder>> = {
  "application/json": decodeExactJson,
  "application/yaml": decodeExactYaml,
};

/**
 * Of built-in kinds no whole number is so large, but for limits in definitions, which are floats. Go clients send
 * nothing but protobuf for the kinds that they know (rule 36).
 */
const BUILT_IN_DECODERS: Readonly<Record<string, Decoder>> = {
  "application/json": decodeJson,
  "application/yaml": decodeYaml,
  [PROTOBUF]: decodeProtobuf,
};

type PatchDecoders = Readonly<Record<string, { type: PatchType; decode: Decoder }>>;

const PATCHES: PatchDecoders = {
  "application/json-patch+json": { type: "json", decode: decodeExactJson },
  "application/merge-patch+json": { type: "merge", decode: decodeExactJson },
  "application/apply-patch+yaml": { type: "apply", decode: jsonOrYaml(decodeExactJson, decodeExactYaml) },
};

const BUILT_IN_PATCHES: PatchDecoders = {
  "application/json-patch+json": { type: "json", decode: decodeJson },
  "application/merge-patch+json": { type: "merge", decode: decodeJson },
  "application/apply-patch+yaml": { type: "apply", decode: jsonOrYaml(decodeJson, decodeYaml) },
  "application/strategic-merge-patch+json": { type: "strategic", decode: decodeJson },
};

/** How to decode the body of a create, update or delete; a body without a media type is JSON (rule 28). */
export const objectDecoder = (contentType: string | undefined, builtIn: boolean): Decoder =>
  lookUp(builtIn ? BUILT_IN_DECODERS : OBJECT_DECODERS, contentType ?? "application/json");

/** What kind of patch the media type names, and how to decode it. Strategic ones are for built-in kinds only. */
export function patchDecoder(contentType: string | undefined, builtIn: boolean) {
  return lookUp(builtIn ? BUILT_IN_PATCHES : PATCHES, contentType ?? "");
}

function lookUp<T>(known: Readonly<Record<string, T>>, contentType: string): T {
  const type = parseMediaType(contentType)?.type ?? "";
  if (!Object.hasOwn(known, type)) throw unsupportedMediaType(Object.keys(known));
  return known[type]!;
}

/** Rule 30: clients quote it. */
export const unsupportedMediaType = (accepted: readonly string[]): StatusError =>
  new StatusError(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  );

/** JSON is YAML too, but its own parser is faster and knows duplicates. */
function jsonOrYaml(json: Decoder, yaml: Decoder): Decoder {
  return (bytes) => {
    if (!/^\s*\{/.test(bytes.subarray(0, 64).toString("latin1"))) return yaml(bytes);
    try {
      return json(bytes);
    } catch {
      return yaml(bytes); // a flow mapping such as `{a: 1}`
    }
  };
}
