import type { Options } from "../cli/options.ts";
import type { Session } from "../connect/session.ts";
import { collectionPath, queryOf } from "../resources/paths.ts";
import type { ResourceType } from "../resources/types.ts";

export const AS_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/** Which objects of a kind are meant. */
export interface Query {
  /** Undefined: of all namespaces. */
  namespace: string | undefined;
  labelSelector: string | undefined;
  fieldSelector: string | undefined;
}

export function queryFrom(options: Options, session: Session): Query {
  return {
    namespace: options.flag("all-namespaces") ? undefined : session.namespace,
    labelSelector: options.text("selector"),
    fieldSelector: options.text("field-selector"),
  };
}

export const homeOf = ({ namespaced }: ResourceType, namespace: string | undefined): string | undefined =>
  namespaced ? namespace : undefined;

/** Where the objects of a kind are that a query means. */
export function listPath(
  type: ResourceType,
  { namespace, labelSelector, fieldSelector }: Query,
  more: Record<string, string | number | undefined> = {},
): string {
  const query = queryOf({ labelSelector, fieldSelector, ...more });
  return collectionPath(type, homeOf(type, namespace)) + query;
}

export const namePath = (type: ResourceType, namespace: string | undefined, name: string): string =>
  `${collectionPath(type, homeOf(type, namespace))}/${encodeURIComponent(name)}`;
