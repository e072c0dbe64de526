import * as libMoney from "./lib-money.mjs";
import * as libText from "./lib-text.mjs";

export const name = "feature-cart";
export const version = 1;
export const parts = [libMoney, libText];
