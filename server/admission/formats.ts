import { millisecondsOf } from "../../apis/duration.ts";

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** The formats that our schemas name. */
export const formats: Record<string, (text: string) => boolean> = {
  duration: (text) => millisecondsOf(text) !== undefined,
  "date-time": (text) => DATE_TIME.test(text) && !Number.isNaN(Date.parse(text)),
  regex: (text) => {
    try {
      return new RegExp(text) instanceof RegExp;
    } catch {
      return false;
    }
  },
};

/** What to say when a format does not fit. */
export const formatMessages: Record<string, string> = {
  duration: 'must be a duration such as "200ms", "2s" or "1m30s"',
  "date-time": "must be an RFC 3339 time such as 2026-01-31T12:00:00Z",
  regex: "must be a regular expression",
};
