import type { JsonSchema } from "../../../apis/apiextensions/index.ts";
import { childrenOf, type Expr, type Macro } from "./ast.ts";
import { fieldNamed } from "./escapes.ts";
import { functionOf, MISSING } from "./library/index.ts";
import { OF_RESOURCES } from "./resource.ts";
import { TYPES } from "./values.ts";

/** What is known of the types of names: a schema, or nothing. */
export type Types = Readonly<Record<string, JsonSchema | undefined>>;

const TEXT: JsonSchema = { type: "string" };
const INTEGER: JsonSchema = { type: "integer" };
/**
 * What is wrong with an expression before it is evaluated: names, functions and fields that there are not. Undefined
 * if nothing is found to be.
 */
export function expressionProblem(expr: Expr, types: Types): string | undefined {
  try {
    typeOf(expr, types);
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error.message;
    throw error;
  }
}

class Problem extends Error {}

/** Functions of Kubernetes that an expression calls and that are not here. */
export function missingIn(expr: Expr): string[] {
  const own = expr.kind === "call" && MISSING.has(expr.name) && !functionOf(expr.name) ? [expr.name] : [];
  return [...own, ...childrenOf(expr).flatMap(missingIn)];
}

/** Whether an expression asks for a name that it does not bind itself. */
export function asksFor(expr: Expr, name: string): boolean {
  if (expr.kind === "name") return expr.name === name;
  if (expr.kind === "macro" && expr.variables.includes(name)) return asksFor(expr.over, name);
  return childrenOf(expr).some((child) => asksFor(child, name));
}

/** The schema of what an expression gives, as far as that can be told. */
function typeOf(expr: Expr, types: Types): JsonSchema | undefined {
  switch (expr.kind) {
    case "literal":
      return undefined;
    case "name":
      return nameType(expr.name, types);
    case "select":
    case "has":
      return fieldType(expr, typeOf(expr.of, types));
    case "index":
      typeOf(expr.key, types);
      return expr.optional ? undefined : itemType(typeOf(expr.of, types));
    case "condition":
      return ofCondition(expr, types);
    case "macro":
      return ofMacro(expr, types);
    default:
      if (expr.kind === "call") checkFunction(expr.name);
      for (const child of childrenOf(expr)) typeOf(child, types);
      return undefined;
  }
}

function nameType(name: string, types: Types): JsonSchema | undefined {
  if (Object.hasOwn(types, name)) return types[name];
  if (TYPES.has(name)) return undefined;
  throw new Problem(`undeclared reference to '${name}'`);
}

function checkFunction(name: string): void {
  if (!functionOf(name) && !MISSING.has(name)) throw new Problem(`undeclared reference to '${name}'`);
}

function ofCondition({ test, yes, no }: Expr & { kind: "condition" }, types: Types): JsonSchema | undefined {
  typeOf(test, types);
  const [a, b] = [typeOf(yes, types), typeOf(no, types)];
  return a === b ? a : undefined;
}

function fieldType({ field, optional }: Expr & { kind: "select" | "has" }, of: JsonSchema | undefined) {
  if (!of || of["x-kubernetes-int-or-string"] || of.type === undefined) return undefined;
  if (of.type !== "object") throw new Problem(`type '${of.type}' does not support field selection`);
  const found = fieldSchema(of, field) ?? fieldSchema(of, fieldNamed(field));
  if (!found && !of["x-kubernetes-preserve-unknown-fields"]) throw new Problem(`undefined field '${field}'`);
  return optional ? undefined : found;
}

function fieldSchema(schema: JsonSchema, field: string): JsonSchema | undefined {
  const { properties, additionalProperties } = schema;
  if (schema["x-kubernetes-embedded-resource"] && Object.hasOwn(OF_RESOURCES, field))
    return OF_RESOURCES[field];
  if (properties && Object.hasOwn(properties, field)) return properties[field];
  if (additionalProperties === true) return {};
  return additionalProperties === false ? undefined : additionalProperties;
}

function itemType(of: JsonSchema | undefined): JsonSchema | undefined {
  if (of?.type === "array") return of.items;
  return typeof of?.additionalProperties === "object" ? of.additionalProperties : undefined;
}

function ofMacro({ name, over, variables, bodies }: Macro, types: Types): JsonSchema | undefined {
  const of = typeOf(over, types);
  const isList = of?.type === "array";
  const key = isList ? INTEGER : of && TEXT;
  const item = name.startsWith("opt") ? undefined : itemType(of);
  const [first, second] = variables;
  const single = isList ? item : key;
  const bound = second === undefined ? { [first!]: single } : { [first!]: key, [second]: item };
  for (const body of bodies) typeOf(body, { ...types, ...bound });
  return name === "filter" && isList ? of : undefined;
}
