export { type App, CloudController, type Instance, type Platform } from "./api.ts";
export { configFile, type CfConfig, stampOf, type Target } from "./config.ts";
export { AuthError, type AuthReason, PlatformError } from "./errors.ts";
export { fingerprintOf, isFingerprintOf } from "./hostkey.ts";
export { Http } from "./http.ts";
export { Tokens } from "./tokens.ts";
