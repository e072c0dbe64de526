import { StatusError } from "../../apis/errors.ts";
import type { PatchType } from "../../apis/transport.ts";
import { decodeJson, type Decoded } from "./json.ts";
import { parseMediaType } from "./media.ts";
import { decodeProtobuf, PROTOBUF } from "./protobuf/index.ts";
import { decodeYaml } from "./yaml.ts";

type Decoder = (bytes: Buffer) => Decoded;

/** Bodies of create, update and delete. */
const OBJECT_DECODERS: Readonly<Record<string, Decoder>> = {
  "application/json": decodeJson,
  "application/yaml": decodeYaml,
};

/** Go clients send nothing else for the kinds that they know (rule 36). */
const BUILT_IN_DECODERS = { ...OBJECT_DECODERS, [PROTOBUF]: decodeProtobuf };

const PATCHES: Readonly<Record<string, { type: PatchType; decode: Decoder }>> = {
  "application/json-patch+json": { type: "json", decode: decodeJson },
  "application/merge-patch+json": { type: "merge", decode: decodeJson },
  "application/apply-patch+yaml": { type: "apply", decode: decodeJsonOrYaml },
  "application/strategic-merge-patch+json": { type: "strategic", decode: decodeJson },
};

/** How to decode the body of a create, update or delete; a body without a media type is JSON (rule 28). */
export const objectDecoder = (contentType: string | undefined, builtIn: boolean): Decoder =>
  contentType === undefined || contentType === "application/json"
    ? decodeJson
    : lookUp(builtIn ? BUILT_IN_DECODERS : OBJECT_DECODERS, contentType);

/** What kind of patch the media type names, and how to decode it. Strategic ones are for built-in kinds only. */
export function patchDecoder(contentType: string | undefined, builtIn: boolean) {
  const { "application/strategic-merge-patch+json": _, ...custom } = PATCHES;
  return lookUp(builtIn ? PATCHES : custom, contentType ?? "");
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
function decodeJsonOrYaml(bytes: Buffer): Decoded {
  return /^\s*\{/.test(bytes.subarray(0, 64).toString("latin1")) ? jsonElseYaml(bytes) : decodeYaml(bytes);
}

function jsonElseYaml(bytes: Buffer): Decoded {
  try {
    return decodeJson(bytes);
  } catch {
    return decodeYaml(bytes); // a flow mapping such as `{a: 1}`
  }
}
