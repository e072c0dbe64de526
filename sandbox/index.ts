export { type AppHandle, type InstanceView, type PushOptions } from "./app-handle.ts";
export type { Counters } from "./counters.ts";
export type { Faults } from "./faults.ts";
export type { SandboxOptions } from "./options.ts";
export { Sandbox } from "./sandbox.ts";
export type { Direction, Ending, Wire } from "./wire/index.ts";
