import { join } from "node:path";
import dockerIgnore from "@balena/dockerignore";
import { isMissing, readSmall } from "../files.ts";

export interface IgnoreRules {
  /** Path relative to the context, with slashes. */
  ignores(path: string): boolean;
  /** Something below a directory that is ignored may be wanted all the same. */
  hasExceptions: boolean;
}

const LONGEST = 1024 * 1024;

/** The lines of `<Dockerfile>.dockerignore`, or else of `.dockerignore`; none where neither is. @throws what the system says */
export async function readIgnoreLines(context: string, dockerfile: string): Promise<string[]> {
  const text = (await read(context, `${dockerfile}.dockerignore`)) ?? (await read(context, ".dockerignore"));
  return (text ?? "").replace(/^\uFEFF/, "").split(/\r?\n/);
}

export function rulesOf(lines: readonly string[]): IgnoreRules {
  const rules = dockerIgnore.default({ ignorecase: false }).add([...lines]);
  return { ignores: (path) => rules.ignores(path), hasExceptions: lines.some(isException) };
}

export const isException = (line: string): boolean => line.trimStart().startsWith("!");

async function read(context: string, name: string): Promise<string | undefined> {
  try {
    return (await readSmall(join(context, name), LONGEST)).toString();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
