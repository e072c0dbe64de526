import { stat } from "node:fs/promises";
import { join } from "node:path";
import { durationOf } from "../../../apis/duration.ts";
import { BUSY_MS } from "./brake.ts";
import type { SetInProgress, Work } from "./work.ts";

/** Takes note of a set that was committed, and says so if its like come too often. */
export async function noteSet(work: Work, { parts, taken }: SetInProgress): Promise<void> {
  // Who asks for it wants it.
  if (taken.ask) return;
  const operations = parts[0]!.plan.operations.filter(({ type }) => !type.endsWith("Directory"));
  const paths = operations.map(({ path }) => path);
  if (paths.length === 0) return;
  const isBusy = await isWrittenNow(work, paths.slice(0, 20));
  const wasOn = work.brake.isOn;
  if (!work.brake.note({ paths, isBusy, nowMs: Date.now() })) return;
  work.judgeDegraded();
  if (!wasOn) work.tell("Warning", "BusyFiles", stormMessage(work));
}

async function isWrittenNow({ settings: { root } }: Work, paths: readonly string[]): Promise<boolean> {
  const sinceMs = Date.now() - BUSY_MS;
  const times = await Promise.all(
    paths.map((path) =>
      stat(join(root, path)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return times.some((time) => time >= sinceMs);
}

/** Until when what has come in waits, in milliseconds since 1970; 0 if it does not. */
export function brakedUntilMs({ brake, inbox }: Work): number {
  const isHeld = !inbox.isEmpty && !inbox.asked && brake.isAbout(inbox.paths);
  return isHeld ? inbox.firstMs + brake.delayMs : 0;
}

/** When to look again whether it is still needed. */
export const calmAtMs = ({ brake, inbox, settings }: Work): number =>
  brake.quietAtMs(inbox.lastMs, settings.maxWaitMs);

/** Where nothing has come for a while, the next change goes at once. */
export function calmDown(work: Work, nowMs: number): void {
  if (nowMs < calmAtMs(work)) return;
  work.brake.release();
  work.judgeDegraded();
}

/** Names what is written all the time, and what to do about it. */
export function stormMessage({ brake }: Work): string {
  const [first = "", ...others] = brake.paths;
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  return `${first}${more} is written all the time, and each time it is sent; that is done only every ${durationOf(brake.delayMs)} now: add /${first} to spec.ignores or to .cfignore`;
}
