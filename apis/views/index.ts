import { Node, Service } from "../core/index.ts";
import type { Kind } from "../kind.ts";
import { EventsEvent } from "./event.ts";
import { Pod } from "./pod/index.ts";
import { PodMetrics } from "./podmetrics.ts";

export { type Usage, usageReaders } from "./usage.ts";
export { CONTAINER, nodeNameOf, runOf } from "./pod/index.ts";
export { EventsEvent, Pod };

/** What clients see and do not store as such: what is stored as another kind or version, and what can only be read. */
export const VIEWS: readonly Kind[] = [EventsEvent, Pod, PodMetrics, Service, Node];
