import type { JsonSchema, ValidationRule } from "../../../apis/apiextensions/index.ts";
import type { FieldError } from "../../../apis/errors.ts";
import { asksForOldSelf, compileProblem } from "../cel/index.ts";
import { invalidValue, notSupported, type Problems, required } from "../structural/index.ts";

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

/** A schema that rules are asked about, and the first of those around it whose values cannot be found again. */
interface Place {
  readonly path: string;
  readonly lostAt: string | undefined;
}

/** Finds rules that cannot be asked: that no expression can be made of, or that speak of fields that there are not. */
export function checkExpressions(schema: JsonSchema, { path, lostAt }: Place, problems: Problems): void {
  if (problems.isFull) return;
  const { properties = {}, items, additionalProperties } = schema;
  const keepsItems = schema["x-kubernetes-list-type"] === "map";
  const below = lostAt ?? (schema["x-kubernetes-map-type"] === "atomic" ? path : undefined);
  for (const [i, rule] of (schema["x-kubernetes-validations"] ?? []).entries())
    problems.addAll(
      compileProblemsOf(rule, schema, { path: `${path}.x-kubernetes-validations[${i}]`, lostAt }),
    );
  for (const [name, one] of Object.entries(properties))
    checkExpressions(one, { path: `${path}.properties[${name}]`, lostAt: below }, problems);
  const belowItems = lostAt ?? (keepsItems ? undefined : path);
  if (items) checkExpressions(items, { path: `${path}.items`, lostAt: belowItems }, problems);
  if (typeof additionalProperties === "object")
    checkExpressions(additionalProperties, { path: `${path}.additionalProperties`, lostAt: below }, problems);
}

function compileProblemsOf(rule: ValidationRule, schema: JsonSchema, { path, lostAt }: Place): FieldError[] {
  const types = { self: schema, oldSelf: rule.optionalOldSelf ? undefined : schema };
  const problem = compileProblem(rule.rule, types);
  if (problem) return [invalidValue(`${path}.rule`, rule.rule, `compilation failed: ${problem}`)];
  const problems: FieldError[] = [];
  const ofMessage = rule.messageExpression ? compileProblem(rule.messageExpression, types) : undefined;
  if (ofMessage)
    problems.push(
      invalidValue(`${path}.messageExpression`, rule.messageExpression, `compilation failed: ${ofMessage}`),
    );
  if (!asksForOldSelf(rule)) {
    if (rule.optionalOldSelf !== undefined)
      problems.push(
        invalidValue(
          `${path}.optionalOldSelf`,
          rule.optionalOldSelf,
          "may not be set if oldSelf is not used in rule",
        ),
      );
  } else if (lostAt !== undefined) {
    const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${lostAt}`;
    problems.push(invalidValue(`${path}.rule`, rule.rule, why));
  }
  return problems;
}
