import type { LeftOut } from "./capable.ts";
import type { Verdict } from "./observation.ts";
import { numberOf } from "./revisions.ts";
import { behind, partially, upToDate } from "./verdicts.ts";
import type { Work } from "./work.ts";

const SHOWN_REJECTED = 50;
const SHOWN_PENDING = 20;

export function seeRejected(work: Work, rejected: readonly LeftOut[]): void {
  const shown = rejected.slice(0, SHOWN_REJECTED);
  work.see({
    rejected: shown.length > 0 ? shown.map((one) => ({ ...one })) : undefined,
    rejectedCount: rejected.length > 0 ? rejected.length : undefined,
  });
}

/** What differs and is not on its way. */
export function seePending(work: Work, paths: readonly string[]): void {
  const firstPaths = paths.slice(0, SHOWN_PENDING);
  work.see({ pending: { count: paths.length, firstPaths } });
}

/** Says whether the app has what is here, and where it does not, why. */
export function judgeSynced(work: Work): void {
  seeRevision(work);
  const verdict = verdictOf(work);
  work.judge("Synced", verdict);
  work.say(verdict.status === "True" ? undefined : verdict.message);
  work.see({ nextRetryTime: undefined, failures: 0 });
}

/** What the app has is what the instances say; somebody else may have put it there. */
function seeRevision(work: Work): void {
  const known = [...work.members.values()].filter(({ isReady, revision }) => isReady && revision !== "");
  const latest = known.toSorted((a, b) => numberOf(b.revision) - numberOf(a.revision))[0];
  if (!latest) return;
  const remote = { number: numberOf(latest.revision), treeHash: latest.treeHash };
  const { local } = work.observation.facts.revision ?? {};
  const isSame = local?.treeHash === remote.treeHash && (local.number ?? 0) >= remote.number;
  work.see({ revision: { local: isSame ? local : remote, remote } });
}

function verdictOf(work: Work): Verdict {
  const { rejected = [], rejectedCount = 0, pending, lastDeploy } = work.observation.facts;
  if (work.offline !== undefined)
    return lastDeploy?.treeHash === work.treeHash
      ? { status: "True", reason: "UpToDate", message: "the app has what is here, by a full deploy" }
      : behind(`what is here was not deployed: ask for it with tiltish trigger`);
  const lagging = [...work.members.values()].filter((one) => !one.isReady || one.lastError !== undefined);
  const number = newest(work);
  if (lagging.length === work.members.size) return behind("no instance is connected");
  if (lagging.length > 0) {
    const which = lagging.map(({ index, lastError }) => `instance ${index} (${lastError ?? "not running"})`);
    return partially(`revision ${number} is missing on ${which.join(", ")}; tried again by itself`);
  }
  const isManual = work.settings.spec.trigger.mode === "Manual";
  if (isManual && pending && pending.count > 0) return heldBack(pending.count);
  const unread = rejected.filter(({ reason }) => reason !== "NotAFile");
  if (unread.length === 0) return upToDate(number);
  const message = `${rejectedCount} files are not sent, such as ${unread[0]!.path}: ${unread[0]!.message ?? unread[0]!.reason}`;
  const isPartial = unread.some(({ reason }) => PARTIAL.has(reason));
  return isPartial ? partially(message) : { status: "False", reason: "RejectedPaths", message };
}

/** What is here and cannot be had, or is there and cannot be taken away. */
const PARTIAL: ReadonlySet<string> = new Set(["Unreadable", "NotDeleted", "NoLinks", "NoModes"]);

const heldBack = (count: number): Verdict =>
  behind(`${count} changes wait to be asked for: tiltish trigger (spec.trigger.mode is Manual)`);

const newest = (work: Work): number =>
  Math.max(0, ...[...work.members.values()].map(({ revision }) => numberOf(revision)));
