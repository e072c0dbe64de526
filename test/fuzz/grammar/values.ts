import type { Random } from "../random.ts";

const ODD_TEXTS = [
  "",
  " ",
  "a".repeat(300),
  "x".repeat(5_000),
  "\u0000",
  "\u001b[31m",
  "\r\nX-Injected: 1",
  "../../etc/passwd",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "null",
  "true",
  "NaN",
  "1e999",
  "💥",
  "\u202eevil",
  "\ud800",
  "é\u0301",
  "$(id)",
  "{{.}}",
  "%s%n",
  "'\"`",
  "2026-13-45T99:99:99Z",
  "0001-01-01T00:00:00Z",
  "99999999999999999999",
  "9223372036854775808",
  "-1",
  "0x10",
  "default",
  "fuzz-0",
];

const ODD_NUMBERS = [0, -0, -1, 1.5, 1e308, -1e308, 2 ** 31, 2 ** 53, 2 ** 63, Number.MIN_VALUE, 1e-320];

/** A text as nobody should write it. */
export const oddText = (random: Random): string =>
  random.chance(0.8) ? random.pick(ODD_TEXTS) : random.bytes(random.integer(40)).toString("latin1");

/** A value as nobody expects it where it is put. */
export function oddValue(random: Random, depth = 0): unknown {
  return random.weighted<() => unknown>([
    [6, () => oddText(random)],
    [4, () => random.pick(ODD_NUMBERS)],
    [2, () => null],
    [2, () => random.chance(0.5)],
    [1, () => nested(random.integer(90))],
    [depth < 3 ? 2 : 0, () => random.times(4, () => oddValue(random, depth + 1))],
    [depth < 3 ? 3 : 0, () => oddObject(random, depth)],
  ])();
}

const oddObject = (random: Random, depth: number): object =>
  Object.fromEntries(random.times(4, () => [oddText(random), oddValue(random, depth + 1)] as const));

/** Lists in lists. */
function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

type Json = Record<string, unknown> | unknown[];

const isBranch = (value: unknown): value is Json => typeof value === "object" && value !== null;

/** A copy with a few things in it changed, anywhere. */
export function mutated(random: Random, value: unknown, changes = 1 + random.integer(3)): unknown {
  const copy = structuredClone(value);
  for (let i = 0; i < changes; i++) if (isBranch(copy)) mutateWithin(random, copy);
  return copy;
}

function mutateWithin(random: Random, branch: Json): void {
  const at = branch as Record<string, unknown>;
  const key = random.pick(Object.keys(at)) as string | undefined;
  const child = key === undefined ? undefined : at[key];
  if (isBranch(child) && random.chance(0.75)) return mutateWithin(random, child);
  mutateHere(random, at, key);
}

function mutateHere(random: Random, at: Record<string, unknown>, key: string | undefined): void {
  if (key === undefined || random.chance(0.15)) define(at, oddText(random), oddValue(random));
  else if (random.chance(0.2)) delete at[key];
  else if (random.chance(0.16)) define(at, key, [at[key], at[key]]);
  else define(at, key, oddValue(random));
}

/** As a plain assignment, but also for `__proto__`. */
const define = (at: object, key: string, value: unknown) =>
  Object.defineProperty(at, key, { value, enumerable: true, writable: true, configurable: true });

/** As it is written in a URL. Half of a pair of surrogates cannot be. */
export const inUrl = (text: string): string => encodeURIComponent(Buffer.from(text).toString("utf8"));
