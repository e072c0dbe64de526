import { type Step, stepsOf as parseSteps } from "../../../apis/jsonpath/index.ts";
import { usageError } from "../../cli/errors.ts";

export type Part =
  | { type: "text"; text: string }
  | { type: "path"; steps: Step[] }
  | { type: "range"; steps: Step[]; body: Part[] };

/**
 * Reads a template of `kubectl -o jsonpath`: text, `{.path}`, `{"text"}` and `{range …}…{end}`.
 *
 * @throws CliError with exit code 2 that quotes what cannot be read.
 */
export function parseTemplate(template: string): Part[] {
  const reader = { pieces: piecesOf(template), at: 0 };
  const parts = readParts(reader);
  if (reader.at < reader.pieces.length) throw usageError("jsonpath: {end} without {range}");
  return parts;
}

/** A path as it stands in columns and --sort-by: `.spec.x`, `spec.x` or `{.spec.x}`. */
export function parsePath(text: string): Step[] {
  const inner = /^\{(.*)\}$/s.exec(text.trim())?.[1] ?? text.trim();
  return stepsOf(/^[.$[@]/.test(inner) ? inner : `.${inner}`);
}

interface Reader {
  pieces: { action: boolean; text: string }[];
  at: number;
}

function piecesOf(template: string): Reader["pieces"] {
  const pieces: Reader["pieces"] = [];
  let at = 0;
  while (at < template.length) {
    const open = template.indexOf("{", at);
    if (open < 0) return [...pieces, { action: false, text: template.slice(at) }];
    if (open > at) pieces.push({ action: false, text: template.slice(at, open) });
    const close = closingBrace(template, open);
    pieces.push({ action: true, text: template.slice(open + 1, close).trim() });
    at = close + 1;
  }
  return pieces;
}

function closingBrace(template: string, open: number): number {
  let quote = "";
  for (let i = open + 1; i < template.length; i++) {
    const char = template[i]!;
    if (char === "\\") i++;
    else if (quote) quote = char === quote ? "" : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === "}") return i;
  }
  throw usageError(`jsonpath: no } for the { in ${template.slice(open)}`);
}

function readParts(reader: Reader): Part[] {
  const parts: Part[] = [];
  while (reader.at < reader.pieces.length) {
    const { action, text } = reader.pieces[reader.at]!;
    if (action && text === "end") return parts;
    reader.at++;
    if (!action) parts.push({ type: "text", text });
    else if (/^["']/.test(text)) parts.push({ type: "text", text: unquote(text) });
    else if (text.startsWith("range ")) parts.push(readRange(reader, text.slice(6).trim()));
    else parts.push({ type: "path", steps: stepsOf(text) });
  }
  return parts;
}

function readRange(reader: Reader, path: string): Part {
  const body = readParts(reader);
  if (reader.at >= reader.pieces.length) throw usageError("jsonpath: {range} without {end}");
  reader.at++;
  return { type: "range", steps: stepsOf(path), body };
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r" };

const unquote = (text: string): string =>
  text.slice(1, -1).replace(/\\(.)/gs, (_, char: string) => ESCAPES[char] ?? char);

/** @throws CliError with exit code 2 that quotes what cannot be read. */
function stepsOf(path: string): Step[] {
  try {
    return parseSteps(path);
  } catch (error) {
    if (error instanceof SyntaxError) throw usageError(error.message);
    throw error;
  }
}
