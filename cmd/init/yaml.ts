import { parse } from "yaml";
import { usageError } from "../cli/errors.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** A YAML file of another tool, which may hold anything. */
export function parsedYaml(text: string, file: string): Fields {
  try {
    return fields(parse(text, { logLevel: "error", merge: true }));
  } catch (cause) {
    throw usageError(`${file}: ${(cause as Error).message.split("\n")[0]}`);
  }
}

export const fields = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
export const text = (value: unknown): string | undefined =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const whole = (value: unknown): number | undefined => {
  const number = Number(value);
  return value !== null && value !== "" && Number.isInteger(number) && number >= 0 ? number : undefined;
};

/** Without what is undefined. */
export const present = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Partial<T>;

/** `A=1` in a list, or a map. */
export function environment(value: unknown): Record<string, string> | undefined {
  const pairs = Array.isArray(value)
    ? value.map((line) => {
        const words = String(line);
        const at = words.indexOf("=");
        return [at < 0 ? words : words.slice(0, at), at < 0 ? "" : words.slice(at + 1)] as const;
      })
    : Object.entries(fields(value)).map(([name, each]) => [name, text(each) ?? ""] as const);
  const named = pairs.filter(([name]) => name !== "");
  return named.length ? Object.fromEntries(named) : undefined;
}
