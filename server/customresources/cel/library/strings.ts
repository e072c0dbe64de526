import { compilePattern, type Pattern, TooCostlyError } from "../../regexp/index.ts";
import { BudgetError, EvaluationError } from "../errors.ts";
import type { Spend } from "../equality.ts";
import { isList, isMap, lengthOf, type Value } from "../values.ts";
import { countIn, itemsIn, type Library, noOverload, textIn } from "./arguments.ts";
import { formatted } from "./formatted.ts";

/** Texts are counted in characters, of which some take two places in a string. */
const charactersOf = (text: string): string[] => Array.from(text);

export const STRINGS: Library = {
  size: (args) => sizeOf(args),
  contains: (args, spend) => both(args, spend, (text, part) => text.includes(part)),
  startsWith: (args, spend) => both(args, spend, (text, part) => text.startsWith(part)),
  endsWith: (args, spend) => both(args, spend, (text, part) => text.endsWith(part)),
  matches: (args, spend) => both(args, spend, matches),
  charAt: (args) => characterAt(args),
  lowerAscii: (args) => textIn(args, 0).replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()),
  upperAscii: (args) => textIn(args, 0).replaceAll(/[a-z]/g, (letter) => letter.toUpperCase()),
  trim: (args) => textIn(args, 0).trim(),
  reverse: (args) => charactersOf(textIn(args, 0)).toReversed().join(""),
  replace: (args, spend) => replaced(args, spend),
  split: (args, spend) => split(args, spend),
  substring: (args) => part(args),
  join: (args, spend) => joined(args, spend),
  format: (args, spend) => formatted(textIn(args, 0), itemsIn(args, 1), spend),
  "strings.quote": (args) => JSON.stringify(textIn(args, 0)),
};

function sizeOf(args: readonly Value[]): bigint {
  const [value] = args;
  if (typeof value === "string") return BigInt(charactersOf(value).length);
  if (value instanceof Uint8Array) return BigInt(value.length);
  if (value !== undefined && isList(value)) return BigInt(lengthOf(value));
  if (value !== undefined && isMap(value)) return BigInt(value.size);
  throw noOverload(args);
}

function both<T extends Value>(
  args: readonly Value[],
  spend: Spend,
  run: (text: string, part: string) => T,
): T {
  const text = textIn(args, 0);
  spend(text.length / 10);
  return run(text, textIn(args, 1));
}

const MAX_PATTERNS = 500;
const patterns = new Map<string, Pattern>();

function matches(text: string, source: string): boolean {
  try {
    return patternOf(source).test(text);
  } catch (error) {
    if (error instanceof TooCostlyError) throw new BudgetError(error.message);
    if (error instanceof SyntaxError)
      throw new EvaluationError(`invalid regular expression: ${error.message}`);
    throw error;
  }
}

/** Most patterns stand in the rules themselves, and are met again and again. */
function patternOf(source: string): Pattern {
  const known = patterns.get(source);
  if (known) return known;
  if (patterns.size >= MAX_PATTERNS) patterns.clear();
  const pattern = compilePattern(source);
  patterns.set(source, pattern);
  return pattern;
}

function characterAt(args: readonly Value[]): string {
  const characters = charactersOf(textIn(args, 0));
  const index = countIn(args, 1);
  if (index >= 0 && index <= characters.length) return characters[index] ?? "";
  throw new EvaluationError(`index out of range: ${index}`);
}

function part(args: readonly Value[]): string {
  const characters = charactersOf(textIn(args, 0));
  const [start, end] = [countIn(args, 1), countIn(args, 2, characters.length)];
  if (start < 0 || end > characters.length || start > end)
    throw new EvaluationError(`index out of range: ${start}, ${end}`);
  return characters.slice(start, end).join("");
}

function replaced(args: readonly Value[], spend: Spend): string {
  const [text, from, to] = [textIn(args, 0), textIn(args, 1), textIn(args, 2)];
  const most = countIn(args, 3, -1);
  const pieces = text.split(from);
  const times = most < 0 ? pieces.length - 1 : Math.min(most, pieces.length - 1);
  spend((text.length + times * to.length) / 10);
  return (
    pieces.slice(0, times + 1).join(to) +
    pieces
      .slice(times + 1)
      .map((piece) => from + piece)
      .join("")
  );
}

function split(args: readonly Value[], spend: Spend): Value {
  const [text, separator] = [textIn(args, 0), textIn(args, 1)];
  const most = countIn(args, 2, -1);
  const pieces = separator === "" ? charactersOf(text) : text.split(separator);
  spend(text.length / 10 + pieces.length);
  if (most < 0 || pieces.length <= most) return pieces;
  return most === 0 ? [] : [...pieces.slice(0, most - 1), pieces.slice(most - 1).join(separator)];
}

function joined(args: readonly Value[], spend: Spend): string {
  const texts = itemsIn(args, 0).map((_, i, items) => textIn(items, i));
  const text = texts.join(args[1] === undefined ? "" : textIn(args, 1));
  spend(text.length / 10);
  return text;
}
