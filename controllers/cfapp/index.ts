export { cfAppSyncController, type CFAppSyncController, type CFAppSyncOptions } from "./controller.ts";
