import { millisecondsOf } from "../../apis/duration.ts";

const DATE_TIME =
  /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** The formats that our schemas name. */
export const formats: Record<string, (text: string) => boolean> = {
  duration: (text) => millisecondsOf(text) !== undefined,
  "date-time": (text) => isDay(DATE_TIME.exec(text)?.[1]),
  byte: (text) => /^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/.test(text) && lengthOf(text) % 4 === 0,
  regex: (text) => {
    try {
      return new RegExp(text) instanceof RegExp;
    } catch {
      return false;
    }
  },
};

/** Of numbers; all others are of text. */
export const INT32 = "int32";

/** JavaScript takes the 30th of February for the 2nd of March; other clients cannot read it. */
function isDay(day: string | undefined): boolean {
  const date = new Date(day ?? "");
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day!);
}

/** Line ends do not count in base64. */
const lengthOf = (text: string): number => text.replaceAll(/[\r\n]/g, "").length;

/** What to say when a format does not fit. */
export const formatMessages: Record<string, string> = {
  [INT32]: "must fit into 32 bits",
  duration: 'must be a duration such as "200ms", "2s" or "1m30s"',
  "date-time": "must be an RFC 3339 time such as 2026-01-31T12:00:00Z",
  byte: "must be base64, with padding",
  regex: "must be a regular expression",
};
