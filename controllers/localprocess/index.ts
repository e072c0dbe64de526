export {
  localProcessController,
  type LocalProcessController,
  type LocalProcessOptions,
} from "./controller.ts";
export { LEVELS, openLog, type LogOptions, type LogOwner } from "./logs/index.ts";
export { startGuard, type Guard, type GuardOptions } from "./start-guard.ts";
export { logDirectoryIn } from "./supervisor.ts";
export { tellStopped } from "./startup.ts";
export { sweep, type SweepOptions, type Swept } from "./sweep.ts";
