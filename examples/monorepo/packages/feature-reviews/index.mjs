import * as libCache from "./lib-cache.mjs";
import * as libColor from "./lib-color.mjs";

export const name = "feature-reviews";
export const version = 1;
export const parts = [libCache, libColor];
