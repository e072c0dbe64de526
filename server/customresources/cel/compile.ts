import type { ValidationRule } from "../../../apis/apiextensions/index.ts";
import type { Expr } from "./ast.ts";
import { asksFor, expressionProblem, missingIn, type Types } from "./check.ts";
import { parseExpression } from "./parser.ts";

interface Compiled {
  /** Undefined for a rule that cannot be asked here. */
  readonly expr: Expr | undefined;
  readonly messageExpr: Expr | undefined;
  readonly asksForOld: boolean;
}

const rules = new WeakMap<ValidationRule, Compiled>();

/** The expressions of a rule, read once. Definitions with rules that cannot be read are refused. */
export function compiled(rule: ValidationRule): Compiled {
  let known = rules.get(rule);
  if (!known) rules.set(rule, (known = compile(rule)));
  return known;
}

function compile({ rule, messageExpression }: ValidationRule): Compiled {
  const expr = parseExpression(rule);
  return {
    expr: missingIn(expr).length === 0 ? expr : undefined,
    messageExpr: messageExpression ? parseExpression(messageExpression) : undefined,
    asksForOld: asksFor(expr, "oldSelf"),
  };
}

/** What is wrong with an expression that has names of these types; undefined if it can be asked. */
export function compileProblem(expression: string, types: Types): string | undefined {
  try {
    return expressionProblem(parseExpression(expression), types);
  } catch (error) {
    if (error instanceof SyntaxError) return `Syntax error: ${error.message}`;
    throw error;
  }
}

export const asksForOldSelf = ({ rule }: ValidationRule): boolean =>
  asksFor(parseExpression(rule), "oldSelf");

/** Functions that a rule calls and that there are not here, so that it is not asked. */
export const functionsMissingIn = ({ rule }: ValidationRule): string[] => missingIn(parseExpression(rule));
