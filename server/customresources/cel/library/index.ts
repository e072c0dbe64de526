import { Cidr, Ip, NETWORK } from "./network.ts";
import { CONVERSIONS } from "./conversions.ts";
import { FORMATS } from "./formats.ts";
import { LISTS } from "./lists.ts";
import { OPERATORS } from "./operators.ts";
import { OPTIONALS } from "./optionals.ts";
import { compareQuantities, QUANTITIES } from "./quantity.ts";
import { compareSemvers, Semver, SEMVERS } from "./semver.ts";
import { STRINGS } from "./strings.ts";
import { TIMES } from "./times.ts";
import { URLS } from "./urls.ts";
import type { Value } from "../values.ts";
import type { Fn, Library } from "./arguments.ts";

const compare = (args: readonly Value[]): number =>
  args[0] instanceof Semver ? compareSemvers(args) : compareQuantities(args);

/** Functions of one name for several types. */
const SHARED: Library = {
  isLessThan: (args) => compare(args) < 0,
  isGreaterThan: (args) => compare(args) > 0,
  compareTo: (args) => BigInt(compare(args)),
  string: (args, spend) => {
    const [value] = args;
    if (value instanceof Ip) return String(value);
    if (value instanceof Cidr) return `${String(value.ip)}/${value.prefix}`;
    return CONVERSIONS["string"]!(args, spend);
  },
  reverse: (args, spend) =>
    typeof args[0] === "string" ? STRINGS["reverse"]!(args, spend) : LISTS["reverse"]!(args, spend),
};

const FUNCTIONS: Library = {
  ...CONVERSIONS,
  ...FORMATS,
  ...LISTS,
  ...NETWORK,
  ...OPERATORS,
  ...OPTIONALS,
  ...QUANTITIES,
  ...SEMVERS,
  ...STRINGS,
  ...TIMES,
  ...URLS,
  ...SHARED,
};

/** The function of a name; undefined if there is none. */
export const functionOf = (name: string): Fn | undefined =>
  Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;

/** Functions that Kubernetes has and that are not here. */
export const MISSING: ReadonlySet<string> = new Set(["find", "findAll", "sortBy", "range", "authorizer"]);
