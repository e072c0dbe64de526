import { AUTOSCALING, GVK } from "./names.ts";
import { describedRef, type Schema } from "./schema.ts";
import { API_VERSION, KIND, METADATA } from "./typemeta.ts";

const replicas = (description: string): Schema => ({ type: "integer", format: "int32", description });

/** What the `scale` subresource of any kind shows. */
export const SCALE = `${AUTOSCALING}.Scale`;

export const SCALE_SCHEMAS: Readonly<Record<string, Schema>> = {
  [SCALE]: {
    type: "object",
    description: "How many of something there should be, and how many there are.",
    properties: {
      apiVersion: API_VERSION,
      kind: KIND,
      metadata: METADATA,
      spec: describedRef(`${AUTOSCALING}.ScaleSpec`, "What should be."),
      status: describedRef(`${AUTOSCALING}.ScaleStatus`, "What is."),
    },
    [GVK]: [{ group: "autoscaling", version: "v1", kind: "Scale" }],
  },
  [`${AUTOSCALING}.ScaleSpec`]: {
    type: "object",
    description: "How many there should be.",
    properties: { replicas: replicas("How many there should be.") },
  },
  [`${AUTOSCALING}.ScaleStatus`]: {
    type: "object",
    description: "How many there are.",
    required: ["replicas"],
    properties: {
      replicas: replicas("How many there are."),
      selector: { type: "string", description: "Label selector that finds them." },
    },
  },
};
