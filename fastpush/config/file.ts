import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** What the original calls its file, without its ending. */
const NAME = "cf-fastpush-controller";
/** In the order in which it looks for them. */
const ENDINGS = ["json", "toml", "yaml", "yml"];

export type Values = ReadonlyMap<string, string>;

/** A file of settings, and what is in it. */
export interface Found {
  readonly file: string;
  readonly values: Values;
}

/** The first file of settings in these directories. @throws Error if it cannot be read. */
export function findFile(directories: readonly string[]): Found | undefined {
  for (const directory of directories)
    for (const ending of ENDINGS) {
      const file = join(directory, `${NAME}.${ending}`);
      const text = textOf(file);
      if (text !== undefined) return { file, values: valuesIn(file, text) };
    }
  return undefined;
}

/** @throws Error if it is not there, or cannot be read. */
export function readSettings(file: string): Found {
  const text = textOf(file);
  if (text === undefined) throw new Error(`${file}: there is no such file`);
  return { file, values: valuesIn(file, text) };
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** Settings by their names in lower case; all of them are plain. */
function valuesIn(file: string, text: string): Values {
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(fieldsIn(file, text))) {
    if (!["string", "number", "boolean"].includes(typeof value))
      throw new Error(`${file}: ${name} must be a text or a number`);
    values.set(name.toLowerCase(), String(value));
  }
  return values;
}

function fieldsIn(file: string, text: string): object {
  try {
    const value: unknown = file.endsWith(".toml") ? plainToml(text) : parse(text);
    if (value === null) return {};
    if (typeof value === "object" && !Array.isArray(value)) return value;
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
  throw new Error(`${file}: it must hold names and values`);
}

/** As much of TOML as plain settings need: `name = value`, with texts in either quotes. */
function plainToml(text: string): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const [, name, quoted, literal, bare] =
      /^\s*([\w-]+)\s*=\s*(?:("(?:[^"\\]|\\.)*")|'([^']*)'|([\w.+-]+))\s*(?:#.*)?$/.exec(line) ?? [];
    if (!name) throw new Error(`line ${at + 1} is not name = value`);
    values[name] = quoted ? (JSON.parse(quoted) as string) : (literal ?? bare);
  }
  return values;
}
