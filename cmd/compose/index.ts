export { openInstance, type InstanceOptions, type RunningServer } from "./server.ts";
