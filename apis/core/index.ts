import type { Kind } from "../kind.ts";
import { ConfigMap } from "./configmap.ts";
import { Event } from "./event.ts";
import { Lease } from "./lease.ts";
import { Namespace } from "./namespace.ts";
import { Node } from "./node.ts";
import { Secret } from "./secret.ts";
import { Service } from "./service.ts";

export { ConfigMap, Event, Lease, Namespace, Node, Secret, Service };
export type { ObjectReference } from "./event.ts";
export { NAMESPACE_FINALIZER, type NamespaceCondition } from "./namespace.ts";

/** The kinds of Kubernetes that are served. */
export const CORE_KINDS: readonly Kind[] = [Namespace, ConfigMap, Secret, Event, Lease];
