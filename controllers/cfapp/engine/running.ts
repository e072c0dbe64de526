import type { AppNews } from "../transports/transport.ts";
import { tellOutput } from "./applog.ts";
import { afterNews, settledAt } from "./health.ts";
import type { Member } from "./member.ts";
import { crashed, firstLine, NO_SUPERVISOR, NOBODY_KNOWS, running, unverified } from "./verdicts.ts";
import type { Work } from "./work.ts";

/** Takes in what an instance tells of its app, whatever is being done meanwhile. */
export function watchApp(work: Work, member: Member): void {
  const { link } = member;
  link?.watchApp?.((news) => {
    if (member.link === link) hear(work, member, news);
  });
}

function hear(work: Work, member: Member, news: AppNews): void {
  const isThoughtDown = work.toldCrash !== undefined;
  const before = member.health;
  member.health = afterNews(before, { news, nowMs: Date.now(), isThoughtDown });
  if (member.health === before) return;
  judgeApp(work);
  // What it does next may be due at another time.
  work.bell.ring();
}

/** Says whether the app runs, where that is known without a restart of ours. */
export function judgeApp(work: Work, nowMs = Date.now()): void {
  // Of an instance that cannot be reached, what was known last stays. How a restart goes is told by its outcome.
  if (work.set && work.observation.verdicts.Running?.reason === "Restarting") return;
  const members = work.connected.filter(({ health }) => health);
  for (const member of members) settle(member, nowMs);
  const down = members.find(({ health }) => health?.crash);
  if (down) return tellCrashed(work, down);
  if (members.some(({ health }) => health?.holdsAtMs !== undefined || health?.late === "still")) return;
  if (members.length > 0 && !isOtherTrouble(work)) tellKnown(work, members);
}

/** When it is to be looked at again, in milliseconds since 1970. */
export const holdsAtMs = ({ connected }: Work): number =>
  Math.min(...connected.map(({ health }) => health?.holdsAtMs ?? Infinity));

function settle(member: Member, nowMs: number): void {
  const health = settledAt(member.health!, nowMs);
  member.health = health;
  if (health.crash) Object.assign(member, { state: "Crashed", pid: undefined, startedAt: undefined });
  else if (health.pid !== undefined && health.holdsAtMs === undefined)
    runs(member, health.pid, health.sinceMs);
}

function runs(member: Member, pid: number, sinceMs: number): void {
  if (member.link) member.state = "Running";
  if (member.pid !== pid) member.started(pid, sinceMs);
}

/** Such as an app that was not ready in time, or a command that has failed. */
function isOtherTrouble({ observation, toldCrash }: Work): boolean {
  const current = observation.verdicts.Running;
  return current?.status === "False" && current.reason !== "Restarting" && current !== toldCrash;
}

function tellCrashed(work: Work, { index, health }: Member): void {
  const verdict = crashed(index, health!.crash!);
  const { Running: current } = work.observation.verdicts;
  work.toldCrash = current?.message === verdict.message ? current : verdict;
  if (work.toldCrash === current) return;
  work.judge("Running", verdict);
  work.seeInstances();
  tellOutput(work, health!.crash!.output);
  work.tell("Warning", "Crashed", firstLine(verdict.message));
}

function tellKnown(work: Work, members: readonly Member[]): void {
  const { Running: current } = work.observation.verdicts;
  const isSupervised = members.every(({ health }) => health!.isSupervised);
  const { health } = members[0]!;
  // That says what follows from it, too.
  if (!isSupervised && [NO_SUPERVISOR, health!.why].includes(current?.message)) return;
  const verdict = isSupervised ? running(health!.pid) : unverified(NOBODY_KNOWS);
  const wasCrashed = work.toldCrash !== undefined;
  work.toldCrash = undefined;
  if (current?.message === verdict.message && current.status === verdict.status) return;
  work.judge("Running", verdict);
  work.seeInstances();
  if (wasCrashed && isSupervised) work.tell("Normal", ...comeback(members));
}

const comeback = (members: readonly Member[]): [reason: string, message: string] =>
  members.some(({ health }) => health?.late === "over")
    ? ["Ready", `${whose(members)}: the app is ready by now${pidOf(members)}`]
    : ["Restarted", `${whose(members)}: the app runs again${pidOf(members)}`];

const whose = (members: readonly Member[]): string =>
  members.length > 1 ? "all instances" : `instance ${members[0]!.index}`;

const pidOf = ([first, ...others]: readonly Member[]): string =>
  others.length > 0 ? "" : ` (pid ${first!.health!.pid})`;
