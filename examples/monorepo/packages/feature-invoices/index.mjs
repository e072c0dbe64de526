import * as libHash from "./lib-hash.mjs";
import * as libMoney from "./lib-money.mjs";

export const name = "feature-invoices";
export const version = 1;
export const parts = [libHash, libMoney];
