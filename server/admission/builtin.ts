import { NAMESPACE_FINALIZER } from "../../apis/core/index.ts";
import { type FieldError, invalid } from "../../apis/errors.ts";
import type { Kind } from "../../apis/kind.ts";
import type { KubeObject, ObjectMeta } from "../../apis/meta.ts";
import { isDeepStrictEqual } from "node:util";

type Fill = (metadata: ObjectMeta, fields: Record<string, unknown>) => void;

/** What the server fills into a new object of a built-in kind, beyond its schema. */
export const defaultsOf = ({ group, plural }: Kind): Fill | undefined =>
  group === "" ? CREATE_DEFAULTS[plural] : undefined;

const CREATE_DEFAULTS: Record<string, Fill> = {
  namespaces(metadata, fields) {
    metadata.finalizers = [...new Set([...(metadata.finalizers ?? []), NAMESPACE_FINALIZER])];
    metadata.labels = { ...metadata.labels, "kubernetes.io/metadata.name": metadata.name };
    fields["status"] = { phase: "Active" };
  },
  secrets: (_, fields) => encodeStringData(fields),
};

/** `stringData` is how people write a Secret; only `data` is kept. */
export function encodeStringData(fields: Record<string, unknown>): void {
  const { stringData } = fields as { stringData?: Record<string, unknown> };
  if (typeof stringData !== "object" || stringData === null) return;
  const encoded = Object.entries(stringData).map(([key, text]) => [
    key,
    typeof text === "string" ? Buffer.from(text).toString("base64") : text,
  ]);
  fields["data"] = { ...(fields["data"] as object | undefined), ...Object.fromEntries(encoded) };
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
