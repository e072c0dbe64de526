import * as libHash from "./lib-hash.mjs";
import * as libLog from "./lib-log.mjs";

export const name = "feature-exports";
export const version = 1;
export const parts = [libHash, libLog];
