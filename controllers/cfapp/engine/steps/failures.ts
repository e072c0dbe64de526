import type { MachineEvent } from "../machine.ts";
import type { Member } from "../member.ts";
import { retryDelayMs } from "../retry.ts";
import { judgeSynced } from "../synced.ts";
import { behind } from "../verdicts.ts";
import type { Part, SetInProgress, Work } from "../work.ts";

/** An instance could not be given a set; it is tried again by itself. */
export function failedFor(member: Member, why: string): void {
  member.lastError = why;
  member.retryAtMs = Date.now() + retryDelayMs(member.failures++);
}

/** Those that have refused a set: what they have is other than was thought, which their next greeting tells. */
export function doubt(parts: readonly Part[]): void {
  for (const { member } of parts) if (member.link && member.lastError !== undefined) member.refused();
}

/** No instance has taken the set. Those that lack nothing do not wait for those that do. */
export function nobodyTookIt(work: Work, { taken, parts }: SetInProgress): MachineEvent {
  const failed = parts.filter(({ member }) => member.lastError !== undefined);
  const linked = failed.find(({ member }) => member.link !== undefined);
  const { index, lastError = "" } = (linked ?? failed[0])?.member ?? parts[0]!.member;
  if (linked) work.tell("Warning", "SyncFailed", `instance ${index}: ${lastError}`);
  doubt(parts);
  work.seeInstances();
  if (work.connected.some(({ lastError }) => lastError === undefined)) {
    judgeSynced(work);
    return "nothing";
  }
  work.inbox.putBack(taken);
  if (!linked) {
    work.judge("Synced", behind("the connection was lost while files were sent; tried again by itself"));
    return work.lost();
  }
  const reason = /no space|quota/i.test(lastError) ? "DiskFull" : "Behind";
  return work.fail("Synced", { status: "False", reason, message: `nothing was changed: ${lastError}` });
}
