import type { JsonSchema, ValidationRule } from "../../../apis/apiextensions/index.ts";
import type { FieldError } from "../../../apis/errors.ts";
import { join } from "../../admission/prune.ts";
import { identityIn } from "../structural/lists.ts";
import type { Problems } from "../structural/problems.ts";
import { canonical, isEqual, isRecord } from "../structural/values.ts";
import { compiled } from "./compile.ts";
import { TooCostlyError } from "../work.ts";
import { EvaluationError } from "./errors.ts";
import { evaluate, type Scope } from "./evaluate.ts";
import { Optional, type Value, valueOf } from "./values.ts";

/** Where a walk is. */
interface Place {
  readonly path: string;
  /** What was stored here before; undefined for what is new. */
  readonly old: unknown;
  readonly problems: Problems;
}

/** Asks every rule of a schema about a value that the schema has found right. */
export function checkRules(value: unknown, schema: JsonSchema, place: Place): void {
  if (!hasRules(schema)) return;
  try {
    walk(value, schema, place);
  } catch (error) {
    if (!(error instanceof TooCostlyError)) throw error;
    place.problems.add({
      field: place.path,
      message: `Invalid value: "object": validation failed due to running out of cost budget, no further validation rules will be run: ${error.message}`,
      reason: "FieldValueInvalid",
    });
  }
}

function walk(value: unknown, schema: JsonSchema, place: Place): void {
  if (!hasRules(schema) || place.problems.isFull || value === undefined) return;
  for (const rule of schema["x-kubernetes-validations"] ?? []) {
    const problem = value === null ? undefined : ruleProblem(rule, { value, schema }, place);
    if (problem) place.problems.add(problem);
  }
  if (Array.isArray(value)) walkItems(value, schema, place);
  else if (isRecord(value)) walkFields(value, schema, place);
}

function walkItems(list: readonly unknown[], schema: JsonSchema, place: Place): void {
  const { items = {} } = schema;
  const identityOf = schema["x-kubernetes-list-type"] === "map" ? identityIn(schema) : undefined;
  const known =
    identityOf && Array.isArray(place.old)
      ? new Map(place.old.map((item: unknown) => [canonical(identityOf(item)), item]))
      : undefined;
  for (const [i, item] of list.entries())
    walk(item, items, {
      ...place,
      path: `${place.path}[${i}]`,
      old: known?.get(canonical(identityOf!(item))),
    });
}

function walkFields(value: Record<string, unknown>, schema: JsonSchema, place: Place): void {
  const { properties = {}, additionalProperties } = schema;
  const { old } = place;
  for (const [key, child] of Object.entries(value)) {
    const ofField = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    if (typeof ofField !== "object") continue;
    const oldChild = isRecord(old) && Object.hasOwn(old, key) ? old[key] : undefined;
    walk(child, ofField, { ...place, path: join(place.path, key), old: oldChild });
  }
}

interface Subject {
  value: unknown;
  schema: JsonSchema;
}

function ruleProblem(rule: ValidationRule, subject: Subject, place: Place): FieldError | undefined {
  const { expr, asksForOld } = compiled(rule);
  const { value, schema } = subject;
  if (!expr) return undefined;
  if (asksForOld && place.old === undefined && !rule.optionalOldSelf) return undefined;
  // What has not changed is not found wrong, so that objects stay usable when their rules become stricter.
  if (!asksForOld && place.old !== undefined && isEqual(value, place.old)) return undefined;
  const self = valueOf(value, schema);
  const variables: Scope["variables"] = {
    self,
    ...(asksForOld && { oldSelf: oldOf(rule, schema, place.old) }),
  };
  const scope: Scope = { spend: place.problems.work.spend, variables };
  try {
    return evaluate(expr, scope) === true ? undefined : failed(rule, subject, { scope, path: place.path });
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return problem(rule, subject, {
      path: place.path,
      why: `${error.message} evaluating rule: ${rule.rule.trim()}`,
    });
  }
}

function oldOf(rule: ValidationRule, schema: JsonSchema, old: unknown): Value {
  if (!rule.optionalOldSelf) return valueOf(old, schema);
  return old === undefined ? Optional.NONE : new Optional(valueOf(old, schema));
}

const failed = (rule: ValidationRule, subject: Subject, { scope, path }: { scope: Scope; path: string }) =>
  problem(rule, subject, {
    path,
    why: messageFrom(rule, scope) ?? rule.message?.trim() ?? `failed rule: ${rule.rule.trim()}`,
  });

const MAX_MESSAGE = 5 * 1024;

/** Undefined where the expression gives none that can be told. */
function messageFrom(rule: ValidationRule, scope: Scope): string | undefined {
  const { messageExpr } = compiled(rule);
  if (!messageExpr) return undefined;
  try {
    const message = evaluate(messageExpr, scope);
    const isGood = typeof message === "string" && message.trim() !== "" && !/[\n\r]/.test(message.trim());
    return isGood && message.length <= MAX_MESSAGE ? message.trim() : undefined;
  } catch (error) {
    if (error instanceof EvaluationError) return undefined;
    throw error;
  }
}

type Reason = NonNullable<FieldError["reason"]>;

const PREFIXES: Readonly<Record<string, (type: string, why: string) => string>> = {
  FieldValueRequired: (_, why) => `Required value: ${why}`,
  FieldValueForbidden: (_, why) => `Forbidden: ${why}`,
  FieldValueDuplicate: (type) => `Duplicate value: ${JSON.stringify(type)}`,
};

function problem(
  { reason = "FieldValueInvalid", fieldPath }: ValidationRule,
  { schema }: Subject,
  { path, why }: { path: string; why: string },
): FieldError {
  const type = schema.type ?? "object";
  const message = PREFIXES[reason]?.(type, why) ?? `Invalid value: ${JSON.stringify(type)}: ${why}`;
  return { field: fieldPath ? below(path, fieldPath) : path, message, reason: reason as Reason };
}

/** `.spec.a['b']` below a path. */
function below(path: string, fieldPath: string): string {
  const steps = [...fieldPath.matchAll(/\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\]/g)];
  return steps.reduce((at, [, name, quoted]) => join(at, name ?? quoted!), path);
}

const known = new WeakMap<JsonSchema, boolean>();

/** Whether there is a rule here or below: most of a schema has none, and need not be gone through. */
export function hasRules(schema: JsonSchema): boolean {
  let has = known.get(schema);
  if (has === undefined) known.set(schema, (has = lookForRules(schema)));
  return has;
}

function lookForRules(schema: JsonSchema): boolean {
  if ((schema["x-kubernetes-validations"] ?? []).length > 0) return true;
  const { properties = {}, items, additionalProperties } = schema;
  return (
    Object.values(properties).some(hasRules) ||
    (items !== undefined && hasRules(items)) ||
    (typeof additionalProperties === "object" && hasRules(additionalProperties))
  );
}
