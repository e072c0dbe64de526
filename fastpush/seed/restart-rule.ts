import { compilePattern, type Pattern } from "../../apis/regexp/index.ts";

/** Which files ask for a restart when they are written. */
export interface RestartRule {
  needsRestart(key: string): boolean;
}

/**
 * @param restart - RE2, matches anywhere in the key; empty: no file asks for a restart.
 * @param ignore - Of those that match it none asks for a restart.
 * @throws SyntaxError that says which one is wrong, and what.
 */
export function restartRuleOf(restart: string, ignore: string): RestartRule {
  const [asks, isIgnored] = [compile("restart_regex", restart), compile("ignore_regex", ignore)];
  return { needsRestart: (key) => !matches(isIgnored, key) && matches(asks, key) };
}

const matches = (pattern: Pattern | undefined, key: string): boolean =>
  pattern !== undefined && pattern.test(key, () => undefined);

function compile(name: string, source: string): Pattern | undefined {
  if (source === "") return undefined;
  try {
    return compilePattern(source);
  } catch (error) {
    throw new SyntaxError(`${name} "${source}": ${(error as Error).message}`, { cause: error });
  }
}
