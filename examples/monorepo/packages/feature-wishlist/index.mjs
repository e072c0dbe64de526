import * as libGeo from "./lib-geo.mjs";
import * as libTime from "./lib-time.mjs";

export const name = "feature-wishlist";
export const version = 1;
export const parts = [libGeo, libTime];
