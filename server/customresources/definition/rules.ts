import type { JsonSchema, ValidationRule } from "../../../apis/apiextensions/index.ts";
import type { FieldError } from "../../../apis/errors.ts";
import { invalidValue, notSupported, required } from "../structural/index.ts";

const REASONS = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/** What is wrong with how rules in CEL are written down, whatever they say. */
export const ruleProblems = (schema: JsonSchema, path: string): FieldError[] =>
  (schema["x-kubernetes-validations"] ?? []).flatMap((rule, i) =>
    problemsOf(rule, `${path}.x-kubernetes-validations[${i}]`),
  );

const LINE_BREAK = /[\n\r]/;

function problemsOf({ rule, message, messageExpression, reason, fieldPath }: ValidationRule, path: string) {
  const problems: FieldError[] = [];
  const text = message?.trim() ?? "";
  const emptyMessage = message !== undefined && message !== "" && text === "";
  if (rule.trim() === "") problems.push(required(`${path}.rule`, "rule is not specified"));
  else if (emptyMessage)
    problems.push(invalidValue(`${path}.message`, message, "message must be non-empty if specified"));
  else if (LINE_BREAK.test(text))
    problems.push(invalidValue(`${path}.message`, message, "message must not contain line breaks"));
  else if (LINE_BREAK.test(rule.trim()) && text === "")
    problems.push(required(`${path}.message`, "message must be specified if rule contains line breaks"));
  if (messageExpression && messageExpression.trim() === "")
    problems.push(required(`${path}.messageExpression`, "messageExpression must be non-empty if specified"));
  if (reason !== undefined && !REASONS.includes(reason))
    problems.push(notSupported(`${path}.reason`, reason, REASONS));
  if (fieldPath && (fieldPath.trim() === "" || LINE_BREAK.test(fieldPath)))
    problems.push(invalidValue(`${path}.fieldPath`, fieldPath, "fieldPath must be a valid path"));
  return problems;
}
