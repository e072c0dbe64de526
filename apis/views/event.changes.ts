import type { FieldError } from "../errors.ts";
import type { EventsFields } from "./event.fields.ts";

/** What only holds for Events written as `events.k8s.io/v1`: they are complete, and only their series goes on. */
export const changeErrors = (event: EventsFields, old: EventsFields | undefined): FieldError[] =>
  old ? updateErrors(event, old) : createErrors(event);

const OLDER = [
  "deprecatedSource",
  "deprecatedFirstTimestamp",
  "deprecatedLastTimestamp",
  "deprecatedCount",
] as const;

function createErrors(event: EventsFields): FieldError[] {
  const { eventTime, type } = event;
  const required: FieldError = {
    field: "eventTime",
    message: "Required value",
    reason: "FieldValueRequired",
  };
  const unknown = `Invalid value: ${JSON.stringify(type ?? "")}: must be Normal or Warning`;
  return [
    ...seriesErrors(event),
    ...(eventTime === undefined ? [required] : []),
    ...(type === "Normal" || type === "Warning" ? [] : [{ field: "type", message: unknown }]),
    ...OLDER.filter((field) => isSet(event[field])).map((field) => ({
      field,
      message: `Invalid value: ${JSON.stringify(event[field])}: needs to be unset`,
    })),
  ];
}

/** Go clients write an empty source. */
const isSet = (value: unknown): boolean =>
  typeof value === "object" && value !== null ? Object.values(value).some(Boolean) : Boolean(value);

function seriesErrors({ series }: EventsFields): FieldError[] {
  if (!series) return [];
  const { count = 0, lastObservedTime } = series;
  const few = { field: "series.count", message: `Invalid value: ${count}: should be at least 2` };
  const never = { field: "series.lastObservedTime", message: "Required value" };
  return [
    ...(count < 2 ? [few] : []),
    ...(lastObservedTime ? [] : [{ ...never, reason: "FieldValueRequired" as const }]),
  ];
}

const FIXED = [
  "regarding",
  "reason",
  "note",
  ...OLDER,
  "type",
  "action",
  "related",
  "reportingController",
  "reportingInstance",
] as const;

function updateErrors(event: EventsFields, old: EventsFields): FieldError[] {
  const changed: readonly (keyof EventsFields)[] = [
    ...FIXED.filter((field) => textOf(event[field]) !== textOf(old[field])),
    ...(isSameTime(event.eventTime, old.eventTime) ? [] : (["eventTime"] as const)),
  ];
  return [
    ...(textOf(event.series) === textOf(old.series) ? [] : seriesErrors(event)),
    ...changed.map((field) => ({
      field,
      message: `Invalid value: ${JSON.stringify(event[field] ?? null)}: field is immutable`,
    })),
  ];
}

/** The same text for what means the same: fields in any order, empty ones left out. */
function textOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return value ? JSON.stringify(value) : "";
  const fields = Object.entries(value).map(([name, field]) => [name, textOf(field)] as const);
  const present = fields.filter(([, text]) => text !== "");
  return present.length === 0 ? "" : JSON.stringify(present.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** To the microsecond; the same moment may be written in another zone. */
function isSameTime(a: string | undefined, b: string | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && microsOf(a) === microsOf(b));
}

const microsOf = (time: string): string =>
  `${Math.floor(Date.parse(time) / 1000)}.${/\.(\d{6})/.exec(time)?.[1] ?? ""}`;
