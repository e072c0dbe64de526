import * as serviceAccount from "./service-account.mjs";
import * as serviceShop from "./service-shop.mjs";

export const name = "app-web";
export const version = 1;
export const parts = [serviceAccount, serviceShop];
