import { EvaluationError } from "../errors.ts";
import type { Spend } from "../../work.ts";
import { equals, includes } from "../equality.ts";
import { Optional, type Value } from "../values.ts";
import { countIn, intIn, itemsIn, type Library, listIn, textIn } from "./arguments.ts";
import { compare, OPERATORS } from "./operators.ts";

export const LISTS: Library = {
  isSorted: (args, spend) => isSorted(itemsIn(args, 0, spend), spend),
  sum: (args, spend) => sum(itemsIn(args, 0, spend), spend),
  min: (args, spend) => extreme(itemsIn(args, 0, spend), spend, -1),
  max: (args, spend) => extreme(itemsIn(args, 0, spend), spend, 1),
  indexOf: (args, spend) => position(args, spend, "first"),
  lastIndexOf: (args, spend) => position(args, spend, "last"),
  slice: (args, spend) => sliced(args, spend),
  flatten: (args, spend) =>
    itemsIn(args, 0, spend).flatMap((_, i, items) =>
      Array.isArray(items[i]) ? itemsIn(items, i, spend) : [items[i]!],
    ),
  distinct: (args, spend) => distinct(itemsIn(args, 0, spend), spend),
  sort: (args, spend) => sorted(itemsIn(args, 0, spend), spend),
  reverse: (args, spend) => itemsIn(args, 0, spend).toReversed(),
  first: (args, spend) => new Optional(itemsIn(args, 0, spend)[0]),
  last: (args, spend) => new Optional(itemsIn(args, 0, spend).at(-1)),
  "math.greatest": (args, spend) => extreme(args.length === 1 ? itemsIn(args, 0, spend) : args, spend, 1),
  "math.least": (args, spend) => extreme(args.length === 1 ? itemsIn(args, 0, spend) : args, spend, -1),
  "sets.contains": (args, spend) => containsAll(args, spend),
  "sets.equivalent": (args, spend) => containsAll(args, spend) && containsAll([args[1]!, args[0]!], spend),
  "sets.intersects": (args, spend) => {
    const list = listIn(args, 0);
    return itemsIn(args, 1, spend).some((item) => includes(list, item, spend));
  },
};

function containsAll(args: readonly Value[], spend: Spend): boolean {
  const list = listIn(args, 0);
  return itemsIn(args, 1, spend).every((item) => includes(list, item, spend));
}

function isSorted(items: readonly Value[], spend: Spend): boolean {
  spend(items.length);
  return items.every((item, i) => i === 0 || compare(items[i - 1]!, item) <= 0);
}

function sum(items: readonly Value[], spend: Spend): Value {
  const [first, ...others] = items;
  // Of no items nothing is known but that there is nothing to add.
  return others.reduce((total, item) => OPERATORS["+"]!([total, item], spend), first ?? 0n);
}

function extreme(items: readonly Value[], spend: Spend, sign: 1 | -1): Value {
  spend(items.length);
  const [first, ...others] = items;
  if (first === undefined) throw new EvaluationError(`${sign > 0 ? "max" : "min"} called on empty list`);
  return others.reduce((best, item) => (compare(item, best) * sign > 0 ? item : best), first);
}

/** Of an item in a list, or of a part in a text; -1 if it is not there. */
function position(args: readonly Value[], spend: Spend, which: "first" | "last"): bigint {
  if (typeof args[0] === "string") return positionInText(args, spend, which);
  const isItem = (item: Value) => equals(item, args[1]!, spend);
  const items = itemsIn(args, 0, spend);
  return BigInt(which === "first" ? items.findIndex(isItem) : items.findLastIndex(isItem));
}

function positionInText(args: readonly Value[], spend: Spend, which: "first" | "last"): bigint {
  const characters = Array.from(textIn(args, 0));
  const part = Array.from(textIn(args, 1));
  spend(characters.length);
  const fits = (at: number) => part.every((character, i) => characters[at + i] === character);
  const places = Array.from({ length: characters.length - part.length + 1 }, (_, at) => at);
  const from = countIn(args, 2, which === "first" ? 0 : characters.length);
  if (from < 0 || from > characters.length) throw new EvaluationError(`index out of range: ${from}`);
  const found =
    which === "first"
      ? places.find((at) => at >= from && fits(at))
      : places.findLast((at) => at <= from && fits(at));
  return BigInt(found ?? -1);
}

function sliced(args: readonly Value[], spend: Spend): Value {
  const items = itemsIn(args, 0, spend);
  const [start, end] = [Number(intIn(args, 1)), Number(intIn(args, 2))];
  if (start < 0 || end > items.length || start > end) throw new EvaluationError("slice out of range");
  return items.slice(start, end);
}

function distinct(items: readonly Value[], spend: Spend): Value {
  const found: Value[] = [];
  for (const item of items) if (!includes(found, item, spend)) found.push(item);
  return found;
}

function sorted(items: readonly Value[], spend: Spend): Value {
  spend(items.length * Math.ceil(Math.log2(items.length + 1)));
  return items.toSorted(compare);
}
