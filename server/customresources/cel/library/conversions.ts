import { EvaluationError } from "../errors.ts";
import { numberIn } from "../equality.ts";
import { Duration, parseDuration, parseTimestamp, Timestamp } from "../time.ts";
import { TypeName, typeNameOf, Uint, type Value } from "../values.ts";
import { int64, type Library, noOverload, textIn } from "./arguments.ts";

export const CONVERSIONS: Library = {
  int: (args) => int64(wholeOf(args)),
  uint: (args) => new Uint(wholeOf(args)),
  double: (args) => doubleOf(args),
  string: (args) => textOf(args),
  bool: (args) => boolOf(args),
  bytes: ([value], _) =>
    value instanceof Uint8Array ? value : new Uint8Array(Buffer.from(textIn([value!], 0))),
  dyn: ([value]) => value ?? null,
  type: ([value]) => new TypeName(typeNameOf(value ?? null)),
  timestamp: (args) => timestampOf(args),
  duration: (args) => (args[0] instanceof Duration ? args[0] : parseDuration(textIn(args, 0))),
};

function wholeOf(args: readonly Value[]): bigint {
  const [value] = args;
  if (value instanceof Timestamp) return value.nanos / 1_000_000_000n;
  if (typeof value === "string") {
    if (/^[-+]?\d{1,20}$/.test(value)) return BigInt(value.replace(/^\+/, ""));
    throw new EvaluationError(`cannot convert ${JSON.stringify(value.slice(0, 40))} to a whole number`);
  }
  const number = value === undefined ? undefined : numberIn(value);
  if (typeof number === "bigint") return number;
  if (number === undefined) throw noOverload(args);
  if (!Number.isFinite(number)) throw new EvaluationError("integer overflow");
  return BigInt(Math.trunc(number));
}

function doubleOf(args: readonly Value[]): number {
  const [value] = args;
  if (typeof value === "string") {
    const number = value.trim() === "" ? Number.NaN : Number(value);
    if (!Number.isNaN(number) || value === "NaN") return number;
    throw new EvaluationError(`cannot convert ${JSON.stringify(value.slice(0, 40))} to a double`);
  }
  const number = value === undefined ? undefined : numberIn(value);
  if (number === undefined) throw noOverload(args);
  return Number(number);
}

function textOf(args: readonly Value[]): string {
  const [value] = args;
  if (typeof value === "string") return value;
  if (typeof value === "boolean" || value instanceof Timestamp || value instanceof Duration)
    return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  const number = value === undefined ? undefined : numberIn(value);
  if (number === undefined) throw noOverload(args);
  return String(number);
}

function boolOf(args: readonly Value[]): boolean {
  const [value] = args;
  if (typeof value === "boolean") return value;
  const text = textIn(args, 0);
  if (["true", "True", "TRUE", "t", "T", "1"].includes(text)) return true;
  if (["false", "False", "FALSE", "f", "F", "0"].includes(text)) return false;
  throw new EvaluationError(`cannot convert ${JSON.stringify(text.slice(0, 40))} to a bool`);
}

function timestampOf(args: readonly Value[]): Timestamp {
  const [value] = args;
  if (value instanceof Timestamp) return value;
  if (typeof value === "bigint") return new Timestamp(value * 1_000_000_000n);
  return parseTimestamp(textIn(args, 0));
}
