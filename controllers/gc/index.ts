export { GarbageCollector, type CollectorOptions } from "./collector.ts";
export { eventExpiryController } from "./events.ts";
