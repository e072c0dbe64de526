import * as serviceAccount from "./service-account.mjs";
import * as serviceWarehouse from "./service-warehouse.mjs";

export const name = "app-mobile";
export const version = 1;
export const parts = [serviceAccount, serviceWarehouse];
