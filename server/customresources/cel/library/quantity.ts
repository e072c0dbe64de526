import { EvaluationError } from "../errors.ts";
import { Opaque, type Value } from "../values.ts";
import { type Library, noOverload, textIn } from "./arguments.ts";

const QUANTITY = /^([-+]?)(\d+(?:\.\d*)?|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][-+]?\d{1,3})?$/;
/** Everything is counted in billionths. */
const SCALE = 9n;

const BINARY: Readonly<Record<string, bigint>> = { Ki: 1n, Mi: 2n, Gi: 3n, Ti: 4n, Pi: 5n, Ei: 6n };
const DECIMAL: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

/** An amount such as `500m` or `1.5Gi`. */
export class Quantity extends Opaque {
  readonly typeName = "kubernetes.Quantity";
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    super();
    this.nanos = nanos;
  }

  equals(other: Opaque): boolean {
    return other instanceof Quantity && other.nanos === this.nanos;
  }
}

/** Undefined for what is none. What is less than a billionth is rounded up, as in Kubernetes. */
function parseQuantity(text: string): Quantity | undefined {
  const [, sign, digits, suffix = ""] = QUANTITY.exec(text.slice(0, 512)) ?? [];
  if (digits === undefined || text.length > 512) return undefined;
  const [whole = "", fraction = ""] = digits.split(".");
  const power = DECIMAL[suffix] ?? (/^[eE]/.test(suffix) ? Number(suffix.slice(1)) : 0);
  const factor = 1024n ** (BINARY[suffix] ?? 0n);
  const exponent = BigInt(power) + SCALE - BigInt(fraction.length);
  const units = BigInt(`${whole}${fraction}` || "0") * factor;
  const nanos = exponent >= 0n ? units * 10n ** exponent : ceilDivide(units, 10n ** -exponent);
  return new Quantity(sign === "-" ? -nanos : nanos);
}

const ceilDivide = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;
const ONE = 10n ** SCALE;

function quantityIn(args: readonly Value[], index: number): Quantity {
  const value = args[index];
  if (value instanceof Quantity) return value;
  if (typeof value === "bigint" && index > 0) return new Quantity(value * ONE);
  throw noOverload(args);
}

export const QUANTITIES: Library = {
  quantity(args) {
    const found = parseQuantity(textIn(args, 0));
    if (found) return found;
    throw new EvaluationError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  },
  isQuantity: (args) => parseQuantity(textIn(args, 0)) !== undefined,
  isInteger: (args) => quantityIn(args, 0).nanos % ONE === 0n,
  asInteger(args) {
    const { nanos } = quantityIn(args, 0);
    if (nanos % ONE === 0n) return nanos / ONE;
    throw new EvaluationError("cannot convert value to integer");
  },
  asApproximateFloat: (args) => Number(quantityIn(args, 0).nanos) / Number(ONE),
  sign: (args) => BigInt(Math.sign(Number(quantityIn(args, 0).nanos))),
  add: (args) => new Quantity(quantityIn(args, 0).nanos + quantityIn(args, 1).nanos),
  sub: (args) => new Quantity(quantityIn(args, 0).nanos - quantityIn(args, 1).nanos),
};

export const compareQuantities = (args: readonly Value[]): number => {
  const difference = quantityIn(args, 0).nanos - quantityIn(args, 1).nanos;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};
