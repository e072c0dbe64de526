import * as featureLabels from "./feature-labels.mjs";
import * as featureLogin from "./feature-login.mjs";

export const name = "service-warehouse";
export const version = 1;
export const parts = [featureLabels, featureLogin];
