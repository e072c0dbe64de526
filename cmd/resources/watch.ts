import type { KubeObject } from "../../apis/meta.ts";
import { Client, type AnyKind, type Change } from "../../client/index.ts";
import type { Session } from "../connect/session.ts";
import type { ResourceType } from "./types.ts";

export interface WatchScope {
  /** Undefined: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  resourceVersion?: string;
  signal?: AbortSignal;
}

/** What there is of a kind, then every change of it, over any break of the connection. */
export function watchType(
  session: Session,
  type: ResourceType,
  { namespace, ...scope }: WatchScope,
): AsyncGenerator<Change<KubeObject>, void, void> {
  const client = new Client(session.transport);
  // Discovery says all that a watch asks of a kind.
  const kind = type as unknown as AnyKind;
  const where = namespace === undefined ? { allNamespaces: true } : { namespace };
  return client.watch(kind, { ...scope, ...where });
}
