export { ConfigError, type FastPushConfig, readConfig, type Setting, SETTINGS } from "./config/config.ts";
export { type ControllerOptions, type RunningController, startController } from "./controller.ts";
export { TOKEN_VARIABLE } from "./token.ts";
