import type { Macro } from "./ast.ts";
import { EvaluationError } from "./errors.ts";
import type { Spend } from "../work.ts";
import {
  CelMap,
  entryOf,
  isList,
  isMap,
  itemAt,
  lengthOf,
  Optional,
  typeNameOf,
  type Value,
} from "./values.ts";

/** How a macro comes to the values of its bodies. */
interface Bodies {
  spend: Spend;
  /** The value of a body, with these for the variables. */
  body(index: number, values: readonly Value[]): Value;
}

/** The value of `list.all(x, …)`, `map.exists(k, v, …)` and the like. */
export function evaluateMacro({ name, variables, bodies }: Macro, over: Value, run: Bodies): Value {
  if (name === "optMap" || name === "optFlatMap") return ofOptional(name, over, run);
  const items = itemsFor(over, variables.length);
  run.spend(items.length);
  const last = bodies.length - 1;
  const chosen = bodies.length > 1 ? items.filter((item) => isTrue(run.body(0, item))) : items;
  switch (name) {
    case "all":
      return quantified(items, run, false);
    case "exists":
      return quantified(items, run, true);
    case "exists_one":
    case "existsOne":
      return items.filter((item) => isTrue(run.body(0, item))).length === 1;
    case "filter":
      return items.filter((item) => isTrue(run.body(0, item))).map(([first]) => first!);
    case "transformMap":
      return transformed(chosen, (item) => run.body(last, item));
    default:
      return chosen.map((item) => run.body(last, item));
  }
}

/** What the variables stand for, one round after the other. */
function itemsFor(over: Value, count: number): Value[][] {
  if (isList(over)) {
    const indices = Array.from({ length: lengthOf(over) }, (_, i) => i);
    return indices.map((i) => (count === 1 ? [itemAt(over, i)] : [BigInt(i), itemAt(over, i)]));
  }
  if (isMap(over)) return over.keys().map((key) => (count === 1 ? [key] : [key, entryOf(over, key)!]));
  throw new EvaluationError(`no such overload: ${typeNameOf(over)} cannot be gone through`);
}

function isTrue(value: Value): boolean {
  if (typeof value === "boolean") return value;
  throw new EvaluationError(`no such overload: a bool is needed, not ${typeNameOf(value)}`);
}

/** An error for one item is no matter if another item decides. */
function quantified(items: readonly Value[][], run: Bodies, decisive: boolean): boolean {
  let failure: unknown;
  for (const item of items) {
    try {
      if (isTrue(run.body(0, item)) === decisive) return decisive;
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      failure ??= error;
    }
  }
  if (failure) throw failure;
  return !decisive;
}

function transformed(items: readonly Value[][], valueOf: (item: Value[]) => Value): CelMap {
  const map = new CelMap();
  for (const item of items) map.set(item[0]!, valueOf(item));
  return map;
}

function ofOptional(name: string, over: Value, run: Bodies): Value {
  if (!(over instanceof Optional)) throw new EvaluationError(`no such overload: ${name} is for optionals`);
  if (over.value === undefined) return over;
  const value = run.body(0, [over.value]);
  return name === "optMap" ? new Optional(value) : value;
}
