import { EvaluationError } from "../errors.ts";
import { isList, isMap, lengthOf, Optional, type Value } from "../values.ts";
import { type Library, noOverload } from "./arguments.ts";

function optionalIn(args: readonly Value[]): Optional {
  const [value] = args;
  if (value instanceof Optional) return value;
  throw noOverload(args);
}

export const OPTIONALS: Library = {
  "optional.of": ([value]) => new Optional(value),
  "optional.none": () => Optional.NONE,
  "optional.ofNonZeroValue": ([value]) =>
    value === undefined || isZero(value) ? Optional.NONE : new Optional(value),
  hasValue: (args) => optionalIn(args).value !== undefined,
  value: (args) => {
    const { value } = optionalIn(args);
    if (value === undefined) throw new EvaluationError("optional.none() dereference");
    return value;
  },
  or: (args) => (optionalIn(args).value === undefined ? args[1]! : args[0]!),
  orValue: (args) => optionalIn(args).value ?? args[1]!,
};

function isZero(value: Value): boolean {
  if (value === null || value === false || value === "" || value === 0 || value === 0n) return true;
  return (isList(value) && lengthOf(value) === 0) || (isMap(value) && value.size === 0);
}
