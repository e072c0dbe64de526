import { EvaluationError } from "../errors.ts";
import type { Spend } from "../../work.ts";
import { Duration, Timestamp } from "../time.ts";
import { isList, itemsOf, lengthOf, typeNameOf, type JsonList, type Value } from "../values.ts";

/** What a function does with its arguments; of a method, the first is what it is called on. */
export type Fn = (args: readonly Value[], spend: Spend) => Value;

/** What is there under one name. */
export type Library = Readonly<Record<string, Fn>>;

export const noOverload = (args: readonly Value[]): EvaluationError =>
  new EvaluationError(`no such overload: (${args.map(typeNameOf).join(", ")})`);

/** @throws EvaluationError if the argument is none. */
export function textIn(args: readonly Value[], index: number): string {
  const value = args[index];
  if (typeof value === "string") return value;
  throw noOverload(args);
}

export function intIn(args: readonly Value[], index: number): bigint {
  const value = args[index];
  if (typeof value === "bigint") return value;
  throw noOverload(args);
}

/** A whole number that is small enough to count with; `fallback` if it was left out. */
export function countIn(args: readonly Value[], index: number, fallback?: number): number {
  if (args[index] === undefined && fallback !== undefined) return fallback;
  const count = Number(intIn(args, index));
  if (Number.isSafeInteger(count)) return count;
  throw new EvaluationError(`index out of range: ${count}`);
}

export function listIn(args: readonly Value[], index: number): readonly Value[] | JsonList {
  const value = args[index];
  if (value !== undefined && isList(value)) return value;
  throw noOverload(args);
}

/** The items of a list that is gone through. */
export function itemsIn(args: readonly Value[], index: number, spend: Spend): readonly Value[] {
  const list = listIn(args, index);
  spend(lengthOf(list) / 2);
  return itemsOf(list);
}

export function timestampIn(args: readonly Value[], index: number): Timestamp {
  const value = args[index];
  if (value instanceof Timestamp) return value;
  throw noOverload(args);
}

export function durationIn(args: readonly Value[], index: number): Duration {
  const value = args[index];
  if (value instanceof Duration) return value;
  throw noOverload(args);
}

/** @throws EvaluationError if it is more than a whole number of 64 bits. */
export function int64(value: bigint): bigint {
  if (BigInt.asIntN(64, value) === value) return value;
  throw new EvaluationError("integer overflow");
}
