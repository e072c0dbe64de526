import { TriggerRequest } from "../../apis/v1alpha1/index.ts";
import { openApiSchemaOf, type Schema } from "./schema.ts";

/** What the `trigger` subresource of any kind takes. */
export const TRIGGER_REQUEST = "dev.tiltish.v1alpha1.TriggerRequest";

export const TRIGGER_SCHEMAS: Readonly<Record<string, Schema>> = {
  [TRIGGER_REQUEST]: openApiSchemaOf(TriggerRequest as unknown as Schema),
};
