import * as libLog from "./lib-log.mjs";
import * as libText from "./lib-text.mjs";

export const name = "feature-audit";
export const version = 1;
export const parts = [libLog, libText];
