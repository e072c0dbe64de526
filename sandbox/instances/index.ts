export { Container } from "./container.ts";
export type { HealthCheck, Timing } from "./health.ts";
export { Instance, type LogLine, type Workload } from "./instance.ts";
export { isolationHere } from "./namespace.ts";
