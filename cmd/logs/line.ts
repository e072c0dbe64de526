import { sanitize, withoutColors } from "../cli/sanitize.ts";

/** One line of a log: when it was written, and what. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, as the server writes it; empty if it did not say. */
  time: string;
  text: string;
}

const STAMPED = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) (.*)$/s;

/** The line that a server sent with `timestamps`. */
export function parseLine(bytes: Buffer): LogLine {
  const line = bytes.toString("utf8").replace(/\r?\n$/, "");
  const [, time = "", text = line] = STAMPED.exec(line) ?? [];
  return { time, text };
}

/** The text of a line, safe to show. Of a line that was written over itself the last version counts. */
export function shownText(text: string, colors: boolean): string {
  const last = text.slice(text.lastIndexOf("\r") + 1);
  if (!colors) return sanitize(withoutColors(last));
  const safe = sanitize(last);
  // Colours that are not ended would run into the next line, which is somebody else's.
  return safe.includes("\u001B[") && !safe.endsWith("\u001B[0m") ? `${safe}\u001B[0m` : safe;
}
