import type { Operand, Step } from "./steps.ts";

/** Everything that a path finds. */
export function valuesAt(steps: readonly Step[], root: unknown): unknown[] {
  let values: unknown[] = [root];
  for (const step of steps) values = values.flatMap((value) => take(step, value));
  return values;
}

function take(step: Step, value: unknown): unknown[] {
  switch (step.type) {
    case "field":
      return isRecord(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case "all":
      return isContainer(value) ? Object.values(value) : [];
    case "descend":
      return [value, ...descendants(value)];
    case "slice":
      return sliced(step, value);
    case "filter":
      return isContainer(value) ? Object.values(value).filter((item) => holds(step, item)) : [];
    default:
      return step.paths.flatMap((path) => valuesAt(path, value));
  }
}

function descendants(value: unknown): unknown[] {
  if (!isContainer(value)) return [];
  return Object.values(value).flatMap((child: unknown) => [child, ...descendants(child)]);
}

function sliced(step: Extract<Step, { type: "slice" }>, value: unknown): unknown[] {
  if (!Array.isArray(value)) return [];
  const items = value as unknown[];
  if (step.single) {
    const index = step.start! < 0 ? items.length + step.start! : step.start!;
    return index in items ? [items[index]] : [];
  }
  const part = items.slice(step.start, step.end);
  return step.step > 1 ? part.filter((_, i) => i % step.step === 0) : part;
}

function holds({ left, operator, right }: Extract<Step, { type: "filter" }>, item: unknown): boolean {
  const [a] = operandValues(left, item);
  if (operator === undefined) return operandValues(left, item).length > 0;
  const [b] = operandValues(right!, item);
  if (operator === "==") return a === b;
  if (operator === "!=") return a !== b;
  return compares(operator, a, b);
}

function compares(operator: string, a: unknown, b: unknown): boolean {
  if (typeof a !== typeof b || (typeof a !== "number" && typeof a !== "string")) return false;
  const [x, y] = [a, b as typeof a];
  if (operator === "<") return x < y;
  if (operator === "<=") return x <= y;
  return operator === ">" ? x > y : x >= y;
}

const operandValues = (operand: Operand, item: unknown): unknown[] =>
  "path" in operand ? valuesAt(operand.path, item) : [operand.value];

const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null;
const isRecord = (value: unknown): value is Record<string, unknown> =>
  isContainer(value) && !Array.isArray(value);
