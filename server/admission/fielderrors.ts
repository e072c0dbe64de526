import type { ErrorObject } from "ajv";
import type { FieldError } from "../../apis/errors.ts";
import { formatMessages, formats, INT32 } from "./formats.ts";
import { join } from "./prune.ts";
import { quote } from "./quote.ts";

/** What ajv found, in the words and reasons of Kubernetes; one error per field. */
export function fieldErrorsOf(errors: readonly ErrorObject[]): FieldError[] {
  const unions = errors.filter(({ keyword }) => keyword === "anyOf").map(({ instancePath }) => instancePath);
  const byField = new Map<string, FieldError>();
  for (const error of errors) {
    // The branches of a union each complain; only the union's own error is of use.
    const ofBranch = error.keyword !== "anyOf" && unions.some((path) => error.instancePath.startsWith(path));
    const fieldError = ofBranch ? undefined : fieldErrorOf(error);
    if (fieldError && !byField.has(fieldError.field)) byField.set(fieldError.field, fieldError);
  }
  return [...byField.values()];
}

function fieldErrorOf(error: ErrorObject): FieldError {
  const field = fieldOf(error.instancePath);
  const params = error.params as Record<string, unknown>;
  const because = (message: string): FieldError => ({
    field,
    message: `Invalid value: ${quote(error.data)}: ${message}`,
    reason: "FieldValueInvalid",
  });
  switch (error.keyword) {
    case "required":
      return {
        field: join(field, String(params["missingProperty"])),
        message: "Required value",
        reason: "FieldValueRequired",
      };
    case "enum": {
      const allowed = (params["allowedValues"] as unknown[]).map(quote).join(", ");
      const message = `Unsupported value: ${quote(error.data)}: supported values: ${allowed}`;
      return { field, message, reason: "FieldValueNotSupported" };
    }
    case "type":
      return {
        ...because(`must be of type ${String(params["type"])}, not ${typeName(error.data)}`),
        reason: "FieldValueTypeInvalid",
      };
    case "anyOf":
      return { ...because("has the wrong type"), reason: "FieldValueTypeInvalid" };
    case "pattern": {
      const format = String((error.parentSchema as { format?: string } | undefined)?.format);
      const isOfFormat = formats[format]?.(String(error.data)) ?? true;
      const message = isOfFormat ? error.message : formatMessages[format];
      return because(message ?? "is not valid");
    }
    case "format":
      // Who has a type for it cannot read it at all.
      if (params["format"] === INT32)
        return { ...because(formatMessages[INT32]!), reason: "FieldValueTypeInvalid" };
      return because(formatMessages[String(params["format"])] ?? `must be a ${String(params["format"])}`);
    case "maxLength":
      return {
        ...because(error.message ?? "too long"),
        message: `Too long: ${error.message}`,
        reason: "FieldValueTooLong",
      };
    case "additionalProperties":
      return {
        field,
        message: `Invalid value: ${quote(params["additionalProperty"])}: this key is not allowed here`,
        reason: "FieldValueInvalid",
      };
    default:
      return because(error.message ?? "is not valid");
  }
}

/** `/spec/argv/0` → `spec.argv[0]`. */
function fieldOf(pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((path, step) => (/^\d+$/.test(step) ? `${path}[${step}]` : join(path, step)), "");
}

const typeName = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
