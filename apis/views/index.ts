import { Service } from "../core/index.ts";
import type { Kind } from "../kind.ts";
import { EventsEvent } from "./event.ts";

export { EventsEvent };

/** What clients see and nobody stores as such: what is stored as another kind or version, and empty lists. */
export const VIEWS: readonly Kind[] = [EventsEvent, Service];
