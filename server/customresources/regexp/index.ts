import { Matcher } from "./match.ts";
import { parse } from "./parse.ts";
import { programOf } from "./program.ts";

export { TooCostlyError } from "./match.ts";

/** A regular expression that takes no longer for a text that was made to take long. */
export interface Pattern {
  /**
   * Whether it matches somewhere in the text.
   *
   * @throws TooCostlyError for a text that is too long for so large an expression.
   */
  test(text: string): boolean;
}

/**
 * Compiles an expression in the syntax of RE2.
 *
 * JavaScript's own would do neither: it reads another syntax, and there are texts that it never comes to an end with.
 *
 * @throws SyntaxError that says what is wrong.
 */
export const compilePattern = (source: string): Pattern => new Matcher(programOf(parse(source)));
