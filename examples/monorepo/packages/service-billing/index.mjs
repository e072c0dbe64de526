import * as featureAlerts from "./feature-alerts.mjs";
import * as featureProfile from "./feature-profile.mjs";

export const name = "service-billing";
export const version = 1;
export const parts = [featureAlerts, featureProfile];
