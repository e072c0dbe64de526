import type { Cause, FileWatch } from "../../apis/v1alpha1/index.ts";
import type { Informer } from "../../client/index.ts";
import { isLater } from "../runtime/index.ts";

/** A file that is older than this was not written just now, but brought along, such as by a checkout. */
const LONGEST_MS = 60_000;

/** When the files of a cause were written, if its FileWatch says so. */
export function savedTimeOf(
  cause: Cause,
  namespace: string,
  watches: Informer<typeof FileWatch> | undefined,
): string | undefined {
  const [kind, name] = cause.object?.split("/") ?? [];
  if (cause.type !== "FileChange" || kind !== "FileWatch" || name === undefined) return undefined;
  const events = watches?.get({ namespace, name })?.status?.events ?? [];
  const saved = events.find(({ time }) => time === cause.time)?.modifiedTime;
  if (saved === undefined || !isLater(cause.time, saved)) return undefined;
  return Date.parse(cause.time) - Date.parse(saved) > LONGEST_MS ? undefined : saved;
}
