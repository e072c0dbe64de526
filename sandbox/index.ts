export { type AppHandle, type InstanceView, type PushOptions } from "./app-handle.ts";
export { type Counters, type Faults, Sandbox, type SandboxOptions } from "./sandbox.ts";
export type { Direction, Ending, Wire } from "./wire/index.ts";
