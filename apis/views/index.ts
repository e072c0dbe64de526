import { Service } from "../core/index.ts";
import type { Kind } from "../kind.ts";
import { EventsEvent } from "./event.ts";
import { Pod } from "./pod/index.ts";

export { CONTAINER, runOf } from "./pod/index.ts";
export { EventsEvent, Pod };

/** What clients see and nobody stores as such: what is stored as another kind or version, and empty lists. */
export const VIEWS: readonly Kind[] = [EventsEvent, Pod, Service];
