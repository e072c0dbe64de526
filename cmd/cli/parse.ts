import { parseArgs } from "node:util";
import { usageError } from "./errors.ts";
import { Options } from "./options.ts";
import { didYouMean } from "./suggest.ts";
import type { Option, OptionTable } from "./types.ts";

export interface Parsed {
  options: Options;
  args: string[];
  rest: string[] | undefined;
}

type Token = NonNullable<ReturnType<typeof parseArgs>["tokens"]>[number];
type OptionToken = Extract<Token, { kind: "option" }>;

/**
 * Reads the words after the command.
 *
 * The platform's parser cuts them up; it is not asked to be strict, for kubectl's ways are wider (`-o=yaml`,
 * `--wait=false`) and its errors are not meant for people.
 */
export function parse(words: readonly string[], table: OptionTable): Parsed {
  const { tokens } = parseArgs({
    args: [...words],
    options: platformOptions(table),
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const values = new Map<string, string[]>();
  const end = tokens.find((token) => token.kind === "option-terminator");
  const operands = tokens.filter((token) => token.kind === "positional");
  for (const token of tokens) {
    if (token.kind === "option") add(values, token, table);
  }
  const before = operands.filter((token) => !end || token.index < end.index).map((token) => token.value);
  return { options: new Options(values), args: before, rest: end && words.slice(end.index + 1) };
}

function platformOptions(table: OptionTable) {
  const entries = Object.entries(table).map(([name, { type, short }]) => {
    const platformType = type === "string" ? ("string" as const) : ("boolean" as const);
    return [name, { type: platformType, ...(short && { short }) }];
  });
  return Object.fromEntries(entries) as Record<string, { type: "string" | "boolean"; short?: string }>;
}

function add(values: Map<string, string[]>, token: OptionToken, table: OptionTable): void {
  const option = Object.hasOwn(table, token.name) ? table[token.name]! : undefined;
  if (!option) throw unknownOption(token, table);
  values.set(token.name, [...(values.get(token.name) ?? []), valueOf(token, option)]);
}

function valueOf({ rawName, value }: OptionToken, { type, value: what = "VALUE", choices }: Option): string {
  if (type !== "string") return value ?? "";
  if (value === undefined) throw usageError(`${rawName} needs a value: ${rawName} ${what}`);
  const isShort = !rawName.startsWith("--");
  const given = isShort && value.startsWith("=") ? value.slice(1) : value;
  if (choices && !choices.includes(given)) {
    throw usageError(`${rawName} is one of ${choices.join(", ")}, not "${given}"`);
  }
  return given;
}

function unknownOption({ rawName, name }: OptionToken, table: OptionTable): Error {
  const hint = name.length > 1 ? didYouMean(name, Object.keys(table)).replace('"', '"--') : "";
  return usageError(`unknown option ${rawName}${hint}`);
}
