import { badRequest, type FieldError, invalid } from "../../apis/errors.ts";
import { MAX_INPUTS, REQUEST_TYPES, type TriggerRequest } from "../../apis/v1alpha1/index.ts";
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
  const errors = [...typeErrors(type), ...inputErrors(inputs)];
  if (errors.length > 0) throw invalid({ group: kind.group, kind: kind.kind, name: resource.name }, errors);
  return { type, inputs } as TriggerRequest;
}

function fieldsOf(body: unknown): Record<string, unknown> {
  if (body === undefined || body === null) return {};
  if (!isRecord(body))
    throw badRequest(
      `the body of a trigger must be one object, such as {"type":"Trigger"}, not ${quote(body)}`,
    );
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

function inputErrors(inputs: unknown): FieldError[] {
  if (!isRecord(inputs))
    return [
      {
        field: "inputs",
        message: `Invalid value: ${quote(inputs)}: must be an object`,
        reason: "FieldValueTypeInvalid",
      },
    ];
  const entries = Object.entries(inputs);
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + byteLengthOf(value), 0);
  if (entries.length > MAX_INPUTS) return [tooMany(`must have at most ${MAX_INPUTS} entries`)];
  if (bytes > MAX_INPUT_BYTES) return [tooMany(`must not be larger than ${MAX_INPUT_BYTES} bytes`)];
  return entries.flatMap(([key, value]) => inputError(key, value));
}

const byteLengthOf = (value: unknown): number => (typeof value === "string" ? Buffer.byteLength(value) : 0);

const tooMany = (message: string): FieldError => ({
  field: "inputs",
  message: `Too many: ${message}`,
  reason: "FieldValueTooMany",
});

/** The values are nobody's business, also in an error. */
function inputError(key: string, value: unknown): FieldError[] {
  const field = `inputs[${key}]`;
  const wrong = (message: string): FieldError[] => [{ field, message: `Invalid value: ${message}` }];
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return wrong("must be the name of an environment variable");
  if (typeof value !== "string") return wrong("must be a string");
  return value.includes("\0") ? wrong("must not contain a NUL") : [];
}
