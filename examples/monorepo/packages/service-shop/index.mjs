import * as featureCart from "./feature-cart.mjs";
import * as featureSearch from "./feature-search.mjs";

export const name = "service-shop";
export const version = 1;
export const parts = [featureCart, featureSearch];
