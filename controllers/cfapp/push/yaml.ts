import { parse, YAMLParseError } from "yaml";

/**
 * What a text says that may hold secrets: neither an error nor a warning quotes it.
 *
 * @throws Error that says what is wrong, and at which line.
 */
export function parsed(text: string, { merge = false } = {}): unknown {
  try {
    return parse(text, { merge, prettyErrors: false, logLevel: "error" }) as unknown;
  } catch (error) {
    // oxlint-disable-next-line eslint/preserve-caught-error -- the parser's error quotes the text
    throw new Error(problemOf(error, text));
  }
}

function problemOf(error: unknown, text: string): string {
  if (error instanceof YAMLParseError) {
    const line = text.slice(0, error.pos[0]).split("\n").length;
    return `it is no YAML: ${error.code} at line ${line}`;
  }
  return error instanceof ReferenceError
    ? "an alias (a value that begins with * and is not quoted) has no anchor, or is used too often"
    : "it cannot be taken for YAML";
}
