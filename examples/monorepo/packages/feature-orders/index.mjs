import * as libGeo from "./lib-geo.mjs";
import * as libRetry from "./lib-retry.mjs";

export const name = "feature-orders";
export const version = 1;
export const parts = [libGeo, libRetry];
