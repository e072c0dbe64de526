import * as libColor from "./lib-color.mjs";
import * as libUnits from "./lib-units.mjs";

export const name = "feature-profile";
export const version = 1;
export const parts = [libColor, libUnits];
