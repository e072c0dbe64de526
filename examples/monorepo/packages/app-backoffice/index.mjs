import * as serviceBilling from "./service-billing.mjs";
import * as serviceWarehouse from "./service-warehouse.mjs";

export const name = "app-backoffice";
export const version = 1;
export const parts = [serviceBilling, serviceWarehouse];
