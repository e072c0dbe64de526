import type { Spend } from "./spend.ts";
import { Matcher } from "./match.ts";
import { parse } from "./parse.ts";
import { programOf } from "./program.ts";

/** A regular expression that takes no longer for a text that was made to take long. */
export interface Pattern {
  /** How many steps it has. */
  readonly size: number;
  /**
   * Whether it matches somewhere in the text.
   *
   * @throws TooCostlyError when `spend` does.
   */
  test(text: string, spend: Spend): boolean;
}

const MAX_LENGTH = 16 * 1024;

/**
 * Compiles an expression in the syntax of RE2.
 *
 * JavaScript's own would do neither: it reads another syntax, and there are texts that it never comes to an end with.
 *
 * @throws SyntaxError that says what is wrong.
 */
export function compilePattern(source: string): Pattern {
  if (source.length > MAX_LENGTH) throw new SyntaxError("expression is too large");
  return new Matcher(programOf(parse(source)));
}
