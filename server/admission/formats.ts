import { millisecondsOf } from "../../apis/duration.ts";

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** The formats that our schemas name. */
export const formats: Record<string, (text: string) => boolean> = {
  duration: (text) => millisecondsOf(text) !== undefined,
  "date-time": (text) => DATE_TIME.test(text) && !Number.isNaN(Date.parse(text)),
  byte: (text) => /^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/.test(text) && lengthOf(text) % 4 === 0,
  regex: (text) => {
    try {
      return new RegExp(text) instanceof RegExp;
    } catch {
      return false;
    }
  },
};

/** Line ends do not count in base64. */
const lengthOf = (text: string): number => text.replaceAll(/[\r\n]/g, "").length;

/** What to say when a format does not fit. */
export const formatMessages: Record<string, string> = {
  duration: 'must be a duration such as "200ms", "2s" or "1m30s"',
  "date-time": "must be an RFC 3339 time such as 2026-01-31T12:00:00Z",
  byte: "must be base64, with padding",
  regex: "must be a regular expression",
};
