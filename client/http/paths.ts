import type { DeleteOptions, ObjectRef, ResourceRef, WriteOptions } from "../../apis/transport.ts";

/** `/apis/GROUP/VERSION[/namespaces/NAMESPACE]/PLURAL`; no namespace means all of them. */
export function collectionPath({ group, version, plural }: ResourceRef, namespace?: string): string {
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
  return namespace ? `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}` : `${root}/${plural}`;
}

export function objectPath(ref: ObjectRef, subresource?: string): string {
  const path = `${collectionPath(ref, ref.namespace)}/${encodeURIComponent(ref.name)}`;
  return subresource ? `${path}/${subresource}` : path;
}

/** `?a=1&b=2`, without what is undefined, empty or false. */
export function queryOf(fields: Record<string, string | number | boolean | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== "" && value !== false) query.set(name, String(value));
  }
  return query.size > 0 ? `?${query.toString()}` : "";
}

export const writeQuery = ({ dryRun, fieldManager, fieldValidation, force }: WriteOptions = {}): string =>
  queryOf({ dryRun: dryRun && "All", fieldManager, fieldValidation, force });

/** DeleteOptions as a body; nothing for the default. */
export function deleteBody({ dryRun, ...options }: DeleteOptions): object | undefined {
  const fields = { ...options, ...(dryRun && { dryRun: ["All"] }) };
  const isDefault = Object.values(fields).every((value) => value === undefined);
  return isDefault ? undefined : { kind: "DeleteOptions", apiVersion: "v1", ...fields };
}
