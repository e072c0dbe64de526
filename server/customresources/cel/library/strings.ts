import { compilePattern, type Pattern } from "../../../../apis/regexp/index.ts";
import { EvaluationError } from "../errors.ts";
import type { Spend } from "../../work.ts";
import { isList, isMap, lengthOf, type Value } from "../values.ts";
import { countIn, itemsIn, type Library, noOverload, textIn } from "./arguments.ts";
import { formatted } from "./formatted.ts";

/** Texts are counted in characters, of which some take two places in a string. */
const charactersOf = (text: string): string[] => Array.from(text);

export const STRINGS: Library = {
  size: (args, spend) => sizeOf(args, spend),
  contains: (args) => textIn(args, 0).includes(textIn(args, 1)),
  startsWith: (args) => textIn(args, 0).startsWith(textIn(args, 1)),
  endsWith: (args) => textIn(args, 0).endsWith(textIn(args, 1)),
  matches,
  charAt: (args) => characterAt(args),
  lowerAscii: (args) => textIn(args, 0).replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()),
  upperAscii: (args) => textIn(args, 0).replaceAll(/[a-z]/g, (letter) => letter.toUpperCase()),
  trim: (args) => textIn(args, 0).trim(),
  reverse: (args) => charactersOf(textIn(args, 0)).toReversed().join(""),
  replace: (args, spend) => replaced(args, spend),
  split: (args, spend) => split(args, spend),
  substring: (args) => part(args),
  join: (args, spend) => joined(args, spend),
  format: (args, spend) => formatted(textIn(args, 0), itemsIn(args, 1, spend), spend),
  "strings.quote": (args) => JSON.stringify(textIn(args, 0)),
};

function sizeOf(args: readonly Value[], spend: Spend): bigint {
  const [value] = args;
  if (typeof value === "string") return BigInt(charactersOf(value).length);
  if (value instanceof Uint8Array) return BigInt(value.length);
  if (value !== undefined && isList(value)) return BigInt(lengthOf(value));
  if (value !== undefined && isMap(value)) {
    const { size } = value;
    spend(size / 50);
    return BigInt(size);
  }
  throw noOverload(args);
}

const MAX_PATTERNS = 500;
const patterns = new Map<string, Pattern>();

function matches(args: readonly Value[], spend: Spend): boolean {
  return patternOf(textIn(args, 1), spend).test(textIn(args, 0), spend);
}

/** Most patterns stand in the rules themselves, and are met again and again. */
function patternOf(source: string, spend: Spend): Pattern {
  const known = patterns.get(source);
  if (known) return known;
  if (patterns.size >= MAX_PATTERNS) patterns.clear();
  const pattern = compiled(source);
  spend(pattern.size * 4);
  patterns.set(source, pattern);
  return pattern;
}

function compiled(source: string): Pattern {
  try {
    return compilePattern(source);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new EvaluationError(`invalid regular expression: ${error.message}`);
    throw error;
  }
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
  spend(pieces.length);
  if (most < 0 || pieces.length <= most) return pieces;
  return most === 0 ? [] : [...pieces.slice(0, most - 1), pieces.slice(most - 1).join(separator)];
}

function joined(args: readonly Value[], spend: Spend): string {
  const separator = args[1] === undefined ? "" : textIn(args, 1);
  const texts = itemsIn(args, 0, spend).map((_, i, items) => textIn(items, i));
  // Before it is made: the same text many times over is soon larger than memory.
  spend(texts.reduce((sum, text) => sum + text.length + separator.length, 0) / 10);
  return texts.join(separator);
}
