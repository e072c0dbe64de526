import * as featureCoupons from "./feature-coupons.mjs";
import * as featureSearch from "./feature-search.mjs";

export const name = "service-account";
export const version = 1;
export const parts = [featureCoupons, featureSearch];
