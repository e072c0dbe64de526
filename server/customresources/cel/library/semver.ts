import { EvaluationError } from "../errors.ts";
import { Opaque, type Value } from "../values.ts";
import { type Library, noOverload, textIn } from "./arguments.ts";

const SEMVER =
  /^(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,15})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/** A semantic version: https://semver.org */
export class Semver extends Opaque {
  readonly typeName = "kubernetes.Semver";
  readonly numbers: readonly bigint[];
  readonly before: readonly string[];

  constructor(numbers: readonly bigint[], before: readonly string[]) {
    super();
    this.numbers = numbers;
    this.before = before;
  }

  equals(other: Opaque): boolean {
    return other instanceof Semver && compareVersions(this, other) === 0;
  }
}

/** @param isLoose whether a leading v, missing parts and leading zeros are put right first. */
function parseSemver(text: string, isLoose: boolean): Semver | undefined {
  const found = SEMVER.exec((isLoose ? normalized(text) : text).slice(0, 256));
  if (!found || text.length > 256) return undefined;
  return new Semver(found.slice(1, 4).map(BigInt), found[4]?.split(".") ?? []);
}

function normalized(text: string): string {
  const [, numbers = "", rest = ""] = /^v?([\d.]+)(.*)$/.exec(text) ?? [];
  const parts = numbers.split(".").map((part) => part.replace(/^0+(?=\d)/, ""));
  return [...parts, "0", "0"].slice(0, Math.max(3, parts.length)).join(".") + rest;
}

function compareVersions(a: Semver, b: Semver): number {
  for (const [i, number] of a.numbers.entries())
    if (number !== b.numbers[i]) return number < b.numbers[i]! ? -1 : 1;
  // A version comes after those that lead to it.
  if (a.before.length === 0 || b.before.length === 0) return Math.sign(b.before.length - a.before.length);
  for (const [i, part] of a.before.entries()) {
    const order = comparePart(part, b.before[i]);
    if (order !== 0) return order;
  }
  return a.before.length < b.before.length ? -1 : 0;
}

function comparePart(a: string, b: string | undefined): number {
  if (b === undefined) return 1;
  const [m, n] = [a, b].map((part) => (/^\d+$/.test(part) ? BigInt(part) : undefined));
  if (m !== undefined && n !== undefined) return m < n ? -1 : m > n ? 1 : 0;
  if (m !== undefined || n !== undefined) return m !== undefined ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

export function semverIn(args: readonly Value[], index: number): Semver {
  const value = args[index];
  if (value instanceof Semver) return value;
  throw noOverload(args);
}

export const SEMVERS: Library = {
  semver(args) {
    const found = parseSemver(textIn(args, 0), args[1] === true);
    if (found) return found;
    throw new EvaluationError(`not a semantic version: ${JSON.stringify(textIn(args, 0).slice(0, 40))}`);
  },
  isSemver: (args) => parseSemver(textIn(args, 0), args[1] === true) !== undefined,
  major: (args) => semverIn(args, 0).numbers[0]!,
  minor: (args) => semverIn(args, 0).numbers[1]!,
  patch: (args) => semverIn(args, 0).numbers[2]!,
};

export const compareSemvers = (args: readonly Value[]): number =>
  compareVersions(semverIn(args, 0), semverIn(args, 1));
