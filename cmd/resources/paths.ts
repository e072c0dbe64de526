import type { ResourceRef } from "../../apis/transport.ts";

/** Where a collection is; no namespace means all of them. */
export function collectionPath({ group, version, plural }: ResourceRef, namespace?: string): string {
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
  return namespace ? `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}` : `${root}/${plural}`;
}

/** `?a=1&b=2`, without what is undefined or empty. */
export function queryOf(fields: Record<string, string | number | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  return query.size ? `?${query.toString()}` : "";
}
