export {
  localProcessController,
  type LocalProcessController,
  type LocalProcessOptions,
} from "./controller.ts";
export { startGuard, type Guard, type GuardOptions } from "./start-guard.ts";
export { tellStopped } from "./startup.ts";
export { sweep, type SweepOptions, type Swept } from "./sweep.ts";
