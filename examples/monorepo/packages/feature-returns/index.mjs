import * as libCache from "./lib-cache.mjs";
import * as libQueue from "./lib-queue.mjs";

export const name = "feature-returns";
export const version = 1;
export const parts = [libCache, libQueue];
