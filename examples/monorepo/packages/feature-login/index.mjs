import * as libRules from "./lib-rules.mjs";
import * as libTime from "./lib-time.mjs";

export const name = "feature-login";
export const version = 1;
export const parts = [libRules, libTime];
