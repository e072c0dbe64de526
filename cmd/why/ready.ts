import type { KubeObject } from "../../apis/meta.ts";
import type { Session } from "../connect/session.ts";
import { eventsAbout } from "../events/list.ts";
import { logLines } from "../logs/stream.ts";
import { statusOf, type Status } from "./story.ts";

/** What the supervisor notes in the log when a readiness probe has passed. */
const NOTE = "[tiltish] ready";
const SECOND_MS = 1_000;

/**
 * When a process became ready, to the millisecond.
 *
 * Its condition knows only the second. The Event knows more, but of its first time alone; of the runs after that, the
 * log does, if there is a probe. Without one a process is ready as soon as it has started.
 */
export async function readyTimeOf(session: Session, process: KubeObject): Promise<string | undefined> {
  const { run, ready, startTime } = statusOf(process);
  if (!ready || !hasProbe(process)) return startTime;
  const since = readySecond(statusOf(process));
  if (since === undefined) return undefined;
  const isThen = (time: string) => Math.floor(Date.parse(time) / SECOND_MS) === Date.parse(since) / SECOND_MS;
  const events = await eventsAbout(session, process);
  const event = events.find(({ reason, eventTime }) => reason === "Ready" && eventTime && isThen(eventTime));
  return event?.eventTime ?? (await notedTime(session, process, { since, run, isThen })) ?? since;
}

const hasProbe = ({ spec }: KubeObject): boolean =>
  (spec as { readinessProbe?: object } | undefined)?.readinessProbe !== undefined;

/** Absent if the run is younger: then the condition is still that of the run before. */
function readySecond({ conditions, startTime = "" }: Status): string | undefined {
  const time = conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime;
  const isOfThisRun = time !== undefined && Date.parse(time) + SECOND_MS > Date.parse(startTime);
  return isOfThisRun ? time : undefined;
}

interface Sought {
  since: string;
  run: number | undefined;
  isThen: (time: string) => boolean;
}

async function notedTime(
  session: Session,
  process: KubeObject,
  { since, run, isThen }: Sought,
): Promise<string | undefined> {
  const { name, namespace = "" } = process.metadata;
  const type = (await session.types()).one("localprocesses");
  const query = { run: run?.toString(), sinceTime: since };
  for await (const { time, text } of logLines(session, { type, namespace, name }, query)) {
    if (time !== "" && !isThen(time)) return undefined;
    if (text === NOTE) return time;
  }
  return undefined;
}
