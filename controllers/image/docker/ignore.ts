import { readFile } from "node:fs/promises";
import { join } from "node:path";
import dockerIgnore from "@balena/dockerignore";

export interface IgnoreRules {
  /** Path relative to the context, with slashes. */
  ignores(path: string): boolean;
  /** Something below a directory that is ignored may be wanted all the same. */
  hasExceptions: boolean;
}

/** The lines of `<Dockerfile>.dockerignore`, or else of `.dockerignore`, and those of the spec after them. */
export async function readIgnores(
  context: string,
  dockerfile: string,
  own: readonly string[],
): Promise<IgnoreRules> {
  const text = (await read(context, `${dockerfile}.dockerignore`)) ?? (await read(context, ".dockerignore"));
  const lines = [...(text ?? "").replace(/^\uFEFF/, "").split(/\r?\n/), ...own];
  const rules = dockerIgnore.default({ ignorecase: false }).add(lines);
  return {
    ignores: (path) => rules.ignores(path),
    hasExceptions: lines.some((line) => line.trimStart().startsWith("!")),
  };
}

const read = (context: string, name: string): Promise<string | undefined> =>
  readFile(join(context, name), "utf8").catch(() => undefined);
