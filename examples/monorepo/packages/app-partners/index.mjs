import * as serviceBilling from "./service-billing.mjs";
import * as serviceShop from "./service-shop.mjs";

export const name = "app-partners";
export const version = 1;
export const parts = [serviceBilling, serviceShop];
