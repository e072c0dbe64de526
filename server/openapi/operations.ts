import { apiVersionOf, type Kind } from "../../apis/kind.ts";
import type { Parameter } from "./parameters.ts";
import { GVK, gvkOf, META } from "./names.ts";
import { refTo, type Schema } from "./schema.ts";

/** What is particular about one operation. */
export interface OperationOptions {
  /** In the terms of Kubernetes; also the start of the operation's id. */
  readonly action: "get" | "list" | "post" | "put" | "patch" | "delete" | "deletecollection";
  readonly description: string;
  readonly parameters?: readonly Parameter[];
  /** Name of the schema of the request's body. */
  readonly body?: string;
  readonly bodyTypes?: readonly string[];
  /** Name of the schema of the answer; absent: text. */
  readonly answer?: string;
  /** Codes beside 401. */
  readonly codes?: readonly string[];
  /** Tells operations of the same action on the same kind apart. */
  readonly suffix?: string;
}

const BODY_TYPES = ["application/json", "application/yaml"];
const WATCH_TYPE = "application/json;stream=watch";
/** One operation. The extension names the kind as an object here, and as an array in schemas. */
export function operationOf(kind: Kind, options: OperationOptions): Schema {
  const { action, description, parameters = [], body, bodyTypes = BODY_TYPES } = options;
  return {
    tags: [camel([...(kind.group || "core").split("."), kind.version])],
    description,
    operationId: idOf(kind, options),
    ...(kind.custom?.deprecationWarning !== undefined && { deprecated: true }),
    ...(parameters.length && { parameters }),
    ...(body && { requestBody: { required: action !== "delete", content: contentOf(bodyTypes, body) } }),
    responses: responsesOf(options),
    "x-kubernetes-action": action,
    [GVK]: gvkOf(kind),
  };
}

function responsesOf({ action, answer, codes = ["200"] }: OperationOptions): Schema {
  const types = action === "list" ? [...BODY_TYPES, WATCH_TYPE] : BODY_TYPES;
  const content = answer
    ? contentOf(types, answer)
    : { "text/plain": { schema: { type: "string", description: "Lines." } } };
  const failure = { description: "Why not", content: contentOf(["application/json"], `${META}.Status`) };
  return {
    ...Object.fromEntries(codes.map((code) => [code, { description: "OK", content }])),
    default: failure,
  };
}

const contentOf = (types: readonly string[], name: string): Schema =>
  Object.fromEntries(types.map((type) => [type, { schema: refTo(name) }]));

const idOf = (kind: Kind, { action, suffix = "" }: OperationOptions): string =>
  camel([
    action,
    ...apiVersionOf(kind).split(/[./]/),
    kind.namespaced ? "namespaced" : "",
    kind.kind,
    suffix,
  ]);

/** `["get", "tiltish", "dev"]` as `getTiltishDev`. */
const camel = (words: readonly string[]): string =>
  words
    .filter(Boolean)
    .map((word, i) => (i ? word[0]!.toUpperCase() + word.slice(1) : word))
    .join("");
