export { GarbageCollector, type CollectorOptions } from "./collector.ts";
export { eventExpiryController } from "./events.ts";
export { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from "./owners.ts";
