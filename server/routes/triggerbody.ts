import { badRequest, type FieldError, invalid } from "../../apis/errors.ts";
import { inputErrors, REQUEST_TYPES, type TriggerRequest } from "../../apis/v1alpha1/index.ts";
import { quote } from "../admission/quote.ts";
import type { ResourceContext } from "../http/context.ts";

const FIELDS = ["apiVersion", "kind", "type", "inputs"];
/** In all, so that the annotation that they become stays far below what annotations may be. */
const MAX_INPUT_BYTES = 64 * 1024;

/**
 * What the body of a trigger asks for; without one, for a run.
 *
 * @throws StatusError `BadRequest` for what is no such body, `Invalid` for values that cannot be.
 */
export function triggerRequestOf({ kind, resource }: ResourceContext, body: unknown): TriggerRequest {
  const { type = "Trigger", inputs = {} } = fieldsOf(body);
  const errors = [...typeErrors(type), ...inputErrorsOf(inputs)];
  if (errors.length > 0) throw invalid({ group: kind.group, kind: kind.kind, name: resource.name }, errors);
  return { type, inputs } as TriggerRequest;
}

function fieldsOf(body: unknown): Record<string, unknown> {
  if (body === undefined || body === null) return {};
  if (!isRecord(body))
    throw badRequest('the body of a trigger must be one object, such as {"type":"Trigger"}');
  const unknown = Object.keys(body).find((field) => !FIELDS.includes(field));
  if (unknown === undefined) return body;
  throw badRequest(`strict decoding error: unknown field ${quote(unknown)}: a trigger has type and inputs`);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function typeErrors(type: unknown): FieldError[] {
  if ((REQUEST_TYPES as readonly unknown[]).includes(type)) return [];
  const known = REQUEST_TYPES.map((one) => JSON.stringify(one)).join(", ");
  const message = `Unsupported value: ${quote(type)}: supported values: ${known}`;
  return [{ field: "type", message, reason: "FieldValueNotSupported" }];
}

/** No message holds a value: it may be a secret. */
function inputErrorsOf(inputs: unknown): FieldError[] {
  const errors = inputErrors(inputs);
  if (errors.length > 0) return errors;
  const size = Buffer.byteLength(JSON.stringify(inputs));
  return size > MAX_INPUT_BYTES ? [tooLarge(size)] : [];
}

const tooLarge = (size: number): FieldError => ({
  field: "inputs",
  message: `Too long: ${size} bytes in all; may not be more than ${MAX_INPUT_BYTES}`,
  reason: "FieldValueTooLong",
});
