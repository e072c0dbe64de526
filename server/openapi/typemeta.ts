import { META } from "./names.ts";
import { describedRef, type Schema } from "./schema.ts";

// What every object has before anything of its own.

export const API_VERSION: Schema = {
  type: "string",
  description: "Group and version of the API, such as tiltish.dev/v1alpha1.",
};
export const KIND: Schema = {
  type: "string",
  description: "What kind of object this is, in CamelCase.",
};
export const METADATA = describedRef(`${META}.ObjectMeta`, "Name, labels, owners and the like.");
