export { cfAppSyncController, type CFAppSyncController, type CFAppSyncOptions } from "./controller.ts";
export { configFile } from "./cf/index.ts";
export { Login } from "./engine/logins.ts";
export {
  type Entry,
  isEmptyPlan,
  LocalTree,
  type Operation,
  type Plan,
  planOf,
  type Rejected,
  type Tree,
} from "./sync/index.ts";
export { type AppStatus, FastPushTransport } from "./transports/fastpush/index.ts";
export { type InstanceRef, type Link, type RestartPolicy, type SyncOutcome } from "./transports/transport.ts";
