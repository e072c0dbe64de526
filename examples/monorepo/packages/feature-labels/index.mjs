import * as libRetry from "./lib-retry.mjs";
import * as libRules from "./lib-rules.mjs";

export const name = "feature-labels";
export const version = 1;
export const parts = [libRetry, libRules];
