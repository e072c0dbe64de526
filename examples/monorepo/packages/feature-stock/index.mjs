import * as libQueue from "./lib-queue.mjs";
import * as libUnits from "./lib-units.mjs";

export const name = "feature-stock";
export const version = 1;
export const parts = [libQueue, libUnits];
