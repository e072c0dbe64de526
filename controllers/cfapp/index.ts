export { cfAppSyncController, type CFAppSyncController, type CFAppSyncOptions } from "./controller.ts";
export { configFile } from "./cf/index.ts";
export { Login } from "./engine/logins.ts";
export { type AppStatus, FastPushTransport } from "./transports/fastpush/index.ts";
export { type InstanceRef, type Link, type RestartPolicy, type SyncOutcome } from "./transports/transport.ts";
