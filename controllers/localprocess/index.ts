export {
  localProcessController,
  type LocalProcessController,
  type LocalProcessOptions,
} from "./controller.ts";
export { guardMain } from "./guard.ts";
export { openLog, type LogOptions, type LogOwner } from "./logs/index.ts";
export { FINALIZER } from "./reconcile.ts";
export { startGuard, type Guard, type GuardOptions } from "./start-guard.ts";
export { logDirectoryIn, Supervisor } from "./supervisor.ts";
export { sweep, type SweepOptions, type Swept } from "./sweep.ts";
