import { EvaluationError } from "../errors.ts";
import type { Spend } from "../../work.ts";
import { equals, includes, numberIn } from "../equality.ts";
import { Duration, Timestamp } from "../time.ts";
import { entryOf, isList, isMap, itemsOf, JsonList, lengthOf, Uint, type Value } from "../values.ts";
import { int64, type Library, noOverload } from "./arguments.ts";
import { identityIn } from "../../structural/lists.ts";
import { canonical } from "../../structural/values.ts";

/** Operators, under the names that the parser gives them. */
export const OPERATORS: Library = {
  "==": ([a, b], spend) => equals(a!, b!, spend),
  "!=": ([a, b], spend) => !equals(a!, b!, spend),
  "<": ([a, b]) => compare(a!, b!) < 0,
  "<=": ([a, b]) => compare(a!, b!) <= 0,
  ">": ([a, b]) => compare(a!, b!) > 0,
  ">=": ([a, b]) => compare(a!, b!) >= 0,
  in: ([a, b], spend) => isIn(a!, b!, spend),
  "!_": (args) => (typeof args[0] === "boolean" ? !args[0] : fail(args)),
  "-_": (args) => negative(args),
  "+": (args, spend) => sum(args, spend),
  "-": (args) => difference(args),
  "*": (args) => arithmetic(args, { int: (a, b) => a * b, double: (a, b) => a * b }),
  "/": (args) => arithmetic(args, { int: (a, b) => a / divisor(b), double: (a, b) => a / b }),
  "%": (args) => arithmetic(args, { int: (a, b) => a % divisor(b) }),
};

function fail(args: readonly Value[]): never {
  throw noOverload(args);
}

/** Below, at or above 0, as the first value is less, equal or greater; NaN is none of these. */
export function compare(a: Value, b: Value): number {
  const [x, y] = [comparable(a), comparable(b)];
  if (x === undefined || y === undefined || typeof x !== typeof y) {
    const [m, n] = [numberIn(a), numberIn(b)];
    if (m === undefined || n === undefined) throw noOverload([a, b]);
    return m < n ? -1 : m > n ? 1 : m == n ? 0 : Number.NaN; // oxlint-disable-line eslint/eqeqeq -- bigint and number
  }
  if (a instanceof Timestamp !== b instanceof Timestamp) throw noOverload([a, b]);
  if (a instanceof Duration !== b instanceof Duration) throw noOverload([a, b]);
  return x < y ? -1 : x > y ? 1 : x === y ? 0 : Number.NaN;
}

/** Texts are compared by their characters, and false is less than true. */
function comparable(value: Value): string | bigint | number | boolean | undefined {
  if (value instanceof Timestamp || value instanceof Duration) return value.nanos;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  if (typeof value === "string" || typeof value === "boolean") return value;
  return numberIn(value);
}

function isIn(value: Value, container: Value, spend: Spend): boolean {
  if (isList(container)) return includes(container, value, spend);
  if (isMap(container)) return entryOf(container, value) !== undefined;
  throw noOverload([value, container]);
}

interface Operations {
  int: (a: bigint, b: bigint) => bigint;
  double?: (a: number, b: number) => number;
}

function arithmetic(args: readonly Value[], { int, double }: Operations): Value {
  const [a, b] = args;
  if (typeof a === "bigint" && typeof b === "bigint") return int64(int(a, b));
  if (a instanceof Uint && b instanceof Uint) return new Uint(int(a.value, b.value));
  if (typeof a === "number" && typeof b === "number" && double) return double(a, b);
  throw noOverload(args);
}

function divisor(value: bigint): bigint {
  if (value === 0n) throw new EvaluationError("division by zero");
  return value;
}

function negative(args: readonly Value[]): Value {
  const [value] = args;
  if (typeof value === "bigint") return int64(-value);
  if (typeof value === "number") return -value;
  throw noOverload(args);
}

function sum(args: readonly Value[], spend: Spend): Value {
  const [a, b] = args as [Value, Value];
  if (typeof a === "string" && typeof b === "string") {
    spend((a.length + b.length) / 10);
    return a + b;
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    spend((a.length + b.length) / 10);
    return new Uint8Array(Buffer.concat([a, b]));
  }
  if (isList(a) && isList(b)) return joined(a, b, spend);
  if (a instanceof Timestamp && b instanceof Duration) return new Timestamp(a.nanos + b.nanos);
  if (a instanceof Duration && b instanceof Timestamp) return new Timestamp(a.nanos + b.nanos);
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.nanos + b.nanos);
  return arithmetic(args, { int: (x, y) => x + y, double: (x, y) => x + y });
}

/** A set takes in what is new; of a map list the items of the second replace those with the same keys. */
function joined(a: readonly Value[] | JsonList, b: readonly Value[] | JsonList, spend: Spend): Value {
  spend(lengthOf(a) + lengthOf(b));
  const both = [...itemsOf(a), ...itemsOf(b)];
  const identityOf = a instanceof JsonList && b instanceof JsonList ? identityIn(a.schema) : undefined;
  if (!identityOf) return both;
  const byIdentity = new Map<string, unknown>();
  const { raw: first, schema } = a as JsonList;
  for (const item of [...first, ...(b as JsonList).raw]) byIdentity.set(canonical(identityOf(item)), item);
  return new JsonList([...byIdentity.values()], schema);
}

function difference(args: readonly Value[]): Value {
  const [a, b] = args;
  if (a instanceof Timestamp && b instanceof Timestamp) return new Duration(a.nanos - b.nanos);
  if (a instanceof Timestamp && b instanceof Duration) return new Timestamp(a.nanos - b.nanos);
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.nanos - b.nanos);
  return arithmetic(args, { int: (x, y) => x - y, double: (x, y) => x - y });
}
