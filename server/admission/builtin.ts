import { isDeepStrictEqual } from "node:util";
import type { CustomResourceDefinition } from "../../apis/apiextensions/index.ts";
import { NAMESPACE_FINALIZER } from "../../apis/core/index.ts";
import { type FieldError, invalid, qualified } from "../../apis/errors.ts";
import type { Kind } from "../../apis/kind.ts";
import type { KubeObject, ObjectMeta } from "../../apis/meta.ts";
import { fillDefinition } from "../customresources/definition/fill.ts";
import { definitionProblems } from "../customresources/definition/validate.ts";
import { definitionWarnings } from "../customresources/definition/warnings.ts";
import { isRecord } from "./decode.ts";

type Fill = (metadata: ObjectMeta, fields: Record<string, unknown>) => void;

/** What the server sees to whenever an object of a built-in kind is written, beyond its schema. */
export const fillOf = ({ builtIn, group, plural }: Kind): Fill | undefined =>
  builtIn ? FILLS[qualified({ group, plural })] : undefined;

type Rules = (object: KubeObject, current: KubeObject | undefined) => FieldError[];

/** What is asked of the objects of a built-in kind that needs more than the object itself to be known. */
export const rulesOf = ({ builtIn, group, plural }: Kind): Rules | undefined =>
  builtIn ? RULES[qualified({ group, plural })] : undefined;

/** What whoever writes an object of a built-in kind is to be warned of. */
export const warningsOf = ({
  builtIn,
  group,
  plural,
}: Kind): ((object: KubeObject) => string[]) | undefined =>
  builtIn && qualified({ group, plural }) === DEFINITIONS
    ? (object) => definitionWarnings(object as CustomResourceDefinition)
    : undefined;

const DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io";

const RULES: Record<string, Rules> = {
  [DEFINITIONS]: (object, current) =>
    definitionProblems(object as CustomResourceDefinition, current as CustomResourceDefinition | undefined),
};

const FILLS: Record<string, Fill> = {
  namespaces(metadata, fields) {
    if (!metadata.deletionTimestamp) fields["spec"] = heldSpec(fields["spec"]);
    metadata.labels = { ...metadata.labels, "kubernetes.io/metadata.name": metadata.name };
    fields["status"] ??= { phase: "Active" };
  },
  secrets(_, fields) {
    encodeStringData(fields);
    unwrap(fields["data"]);
  },
  configmaps: (_, fields) => unwrap(fields["binaryData"]),
  [DEFINITIONS]: fillDefinition,
};

/** Base64 may be wrapped; it is kept as everybody else writes it. */
function unwrap(data: unknown): void {
  if (!isRecord(data)) return;
  for (const [key, text] of Object.entries(data))
    if (typeof text === "string") data[key] = text.replaceAll(/[\r\n]/g, "");
}

/** What is no spec is for the schema to refuse. */
function heldSpec(spec: unknown = {}): unknown {
  if (!isRecord(spec)) return spec;
  const { finalizers = [] } = spec;
  if (!Array.isArray(finalizers)) return spec;
  return { ...spec, finalizers: [...new Set([...(finalizers as unknown[]), NAMESPACE_FINALIZER])] };
}

/** Rewrites fields that are only another way to write others; absent for kinds that have none. */
export const encodingOf = (kind: Kind): ((fields: Record<string, unknown>) => void) | undefined =>
  kind.builtIn && qualified(kind) === "secrets" ? encodeStringData : undefined;

/** `stringData` is how people write a Secret; only `data` is kept. */
function encodeStringData(fields: Record<string, unknown>): void {
  const { stringData, data = {} } = fields;
  // What is no map is for the schema to refuse.
  if (!isRecord(stringData) || !isRecord(data)) return;
  const encoded = Object.entries(stringData).map(([key, text]) => [
    key,
    typeof text === "string" ? Buffer.from(text).toString("base64") : text,
  ]);
  fields["data"] = { ...data, ...Object.fromEntries(encoded) };
  delete fields["stringData"];
}

/** An immutable ConfigMap or Secret cannot be changed, nor made mutable again. */
export function checkImmutable(kind: Kind, current: KubeObject, next: KubeObject): void {
  if (current["immutable"] !== true || !kind.builtIn) return;
  const frozen = ["data", "binaryData", "immutable", "type"].filter(
    (field) => !isDeepStrictEqual(current[field], next[field]),
  );
  const errors = frozen.map((field): FieldError => ({
    field,
    message: "Forbidden: field is immutable when `immutable` is set",
    reason: "FieldValueForbidden",
  }));
  if (errors.length > 0)
    throw invalid({ group: kind.group, kind: kind.kind, name: current.metadata.name }, errors);
}
