import { EvaluationError } from "../errors.ts";
import type { Spend } from "../../work.ts";
import { numberIn } from "../equality.ts";
import { isList, isMap, itemsOf, entryOf, TypeName, type Value } from "../values.ts";
import { CONVERSIONS } from "./conversions.ts";
import { noOverload } from "./arguments.ts";

const CLAUSE = /%(?:(%)|(?:\.(\d{1,3}))?([sdfebxXo]))/g;

/** What `"%s is %d".format([a, b])` gives. */
export function formatted(template: string, args: readonly Value[], spend: Spend): string {
  let next = 0;
  return template.replaceAll(CLAUSE, (_, percent: string | undefined, digits: string, verb: string) => {
    if (percent) return percent;
    const arg = args[next++];
    if (arg === undefined) throw new EvaluationError(`index ${next - 1} out of range`);
    const piece = clause(verb, arg, Number(digits ?? 6));
    spend(piece.length / 10);
    return piece;
  });
}

function clause(verb: string, arg: Value, digits: number): string {
  if (verb === "s") return shown(arg);
  const number = numberIn(arg);
  if (verb === "f" || verb === "e") {
    if (number === undefined) throw noOverload([arg]);
    return verb === "f" ? Number(number).toFixed(digits) : exponential(Number(number), digits);
  }
  if (verb === "d" && number !== undefined) return String(number);
  if (verb === "b" && typeof arg === "boolean") return arg ? "1" : "0";
  if (verb.toLowerCase() === "x" && (typeof arg === "string" || arg instanceof Uint8Array))
    return cased(verb, Buffer.from(arg).toString("hex"));
  if (typeof number !== "bigint") throw noOverload([arg]);
  return cased(verb, number.toString(BASES[verb.toLowerCase()]));
}

const BASES: Readonly<Record<string, number>> = { b: 2, o: 8, x: 16 };

const cased = (verb: string, text: string): string => (verb === "X" ? text.toUpperCase() : text);

/** At least two digits in the exponent. */
const exponential = (value: number, digits: number): string =>
  value.toExponential(digits).replace(/e([+-])(\d)$/, "e$10$2");

function shown(value: Value): string {
  if (value === null) return "null";
  if (value instanceof TypeName) return value.name;
  if (isList(value)) return `[${itemsOf(value).map(shown).join(", ")}]`;
  if (isMap(value)) {
    const entries = value.keys().map((key) => `${shown(key)}: ${shown(entryOf(value, key)!)}`);
    return `{${entries.toSorted().join(", ")}}`;
  }
  return CONVERSIONS["string"]!([value], () => undefined) as string;
}
