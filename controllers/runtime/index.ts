export { causeOfTrigger, newTraceparent, traceparentWithin, triggerValueOf, withoutInputs } from "./cause.ts";
export {
  findCondition,
  isConditionTrue,
  now,
  nowMicro,
  removeCondition,
  setCondition,
  type ConditionInput,
} from "./conditions.ts";
export {
  defineController,
  exceptStatus,
  watchKind,
  type ChangeType,
  type Controller,
  type ControllerOptions,
  type KindWatch,
  type Reconcile,
  type ReconcileContext,
  type Result,
  type Source,
} from "./controller.ts";
export { Bell } from "./bell.ts";
export { LONGEST_DELAY_MS } from "./delay.ts";
export { CYCLE_CONDITION } from "./cycles.ts";
export { Dependents, evaluateDependencies, type Unmet, type Verdict } from "./dependencies.ts";
export { EventRecorder, type EventOptions, type EventType, type Recorder } from "./events.ts";
export {
  ensureFinalizer,
  hasFinalizer,
  isBeingDeleted,
  removeFinalizer,
  type FinalizerTarget,
} from "./finalizers.ts";
export {
  builtVariableOf,
  evaluateImages,
  ImageConsumers,
  imageVariableOf,
  type ImageRef,
  type ImageResult,
  type ImagesVerdict,
  variablesOf,
} from "./images.ts";
export { childLog } from "./log.ts";
export {
  LEVELS,
  logDirectoryIn,
  logDirectoryOf,
  logHub,
  LogWriter,
  newestRunIn,
  openLog,
  removeLogDirectory,
  type LogOptions,
  type LogOwner,
} from "./logs/index.ts";
export type { LoopMetrics } from "./loop.ts";
export { Manager, type ManagerOptions, type Runnable } from "./manager.ts";
export { controllerOf, groupOf, isOwnedBy, ownerOfKind, ownerReferenceTo, refersToKind } from "./owners.ts";
export { WorkQueue, type QueueMetrics, type QueueOptions } from "./queue.ts";
export { ServedKinds, type HandlersOf } from "./servedkinds.ts";
export { BuildSlots, type Place } from "./slots.ts";
export { setReady } from "./status.ts";
export { TerminalError } from "./terminal.ts";
export { setDependencyConditions, UNMET_CONDITION, UnmetTeller } from "./unmet.ts";
export {
  fileChangeSince,
  isLater,
  isRestartedBy,
  namesRestartedBy,
  stampSince,
  triggersOf,
  type RestartOn,
} from "./triggers.ts";
