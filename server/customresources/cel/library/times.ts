import type { Spend } from "../../work.ts";
import { EvaluationError } from "../errors.ts";
import { Duration, type Timestamp } from "../time.ts";
import type { Value } from "../values.ts";
import { durationIn, type Fn, type Library, textIn, timestampIn } from "./arguments.ts";

/** A part of a date, in UTC or in the zone that is named. */
const part =
  (of: (date: Date) => number): Fn =>
  (args, spend) =>
    BigInt(of(inZone(timestampIn(args, 0), args, spend)));

/** The same for times; a duration is counted as a whole. */
const timePart =
  (of: (date: Date) => number, nanos: bigint): Fn =>
  (args, spend) =>
    args[0] instanceof Duration
      ? durationIn(args, 0).nanos / nanos
      : BigInt(of(inZone(timestampIn(args, 0), args, spend)));

export const TIMES: Library = {
  getFullYear: part((date) => date.getUTCFullYear()),
  getMonth: part((date) => date.getUTCMonth()),
  getDate: part((date) => date.getUTCDate()),
  getDayOfMonth: part((date) => date.getUTCDate() - 1),
  getDayOfWeek: part((date) => date.getUTCDay()),
  getDayOfYear: part((date) =>
    Math.floor(
      (Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) -
        Date.UTC(date.getUTCFullYear(), 0, 1)) /
        86_400_000,
    ),
  ),
  getHours: timePart((date) => date.getUTCHours(), 3_600_000_000_000n),
  getMinutes: timePart((date) => date.getUTCMinutes(), 60_000_000_000n),
  getSeconds: timePart((date) => date.getUTCSeconds(), 1_000_000_000n),
  getMilliseconds: timePart((date) => date.getUTCMilliseconds(), 1_000_000n),
};

/** Zones are looked up anew each time. */
const ZONE_COST = 500;

/** A date whose UTC parts are the parts in the zone. */
function inZone({ date }: Timestamp, args: readonly Value[], spend: Spend): Date {
  if (args[1] === undefined) return date;
  const zone = textIn(args, 1);
  const offset = /^([-+]?)(\d\d):(\d\d)$/.exec(zone);
  if (offset) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3]);
    return new Date(date.getTime() + (offset[1] === "-" ? -minutes : minutes) * 60_000);
  }
  spend(ZONE_COST);
  try {
    const text = date.toLocaleString("sv-SE", { timeZone: zone });
    return new Date(`${text.replace(" ", "T")}.${String(date.getUTCMilliseconds()).padStart(3, "0")}Z`);
  } catch {
    throw new EvaluationError(`unknown time zone ${JSON.stringify(zone)}`);
  }
}
