import { sanitize } from "../cli/sanitize.ts";
import { lastSeenMs, type EventObject } from "../events/event.ts";
import type { Session } from "../connect/session.ts";
import { watchType } from "../resources/watch.ts";

/** What these do is done elsewhere: no process and no log here tells of it, but Events of these reasons do. */
const KINDS: Readonly<Record<string, readonly string[] | "all">> = {
  CFAppSync: "all",
  DockerImage: ["LiveUpdated", "LiveUpdateFailed", "ExecFailed"],
};

const told = Object.entries(KINDS);

export interface News {
  name: string;
  namespace: string;
  /** `1 file in 293ms: revision 1, pid 11313` */
  text: string;
}

export interface NewsOptions {
  session: Session;
  signal: AbortSignal;
  /** What happened before, in milliseconds since 1970, is no news. */
  sinceMs: number;
  onNews: (news: News) => void;
}

/** Tells what happens to objects that have no process on this machine, until `signal` is aborted. */
export async function followNews({ session, signal, sinceMs, onNews }: NewsOptions): Promise<void> {
  const type = (await session.types()).one("events");
  const follow = async ([kind, reasons]: (typeof told)[number]): Promise<void> => {
    const scope = { signal, fieldSelector: `involvedObject.kind=${kind}` };
    for await (const { type: change, object } of watchType(session, type, scope)) {
      const event = object as EventObject;
      const isTold = reasons === "all" || reasons.includes(event.reason ?? "");
      if (isTold && change !== "DELETED" && lastSeenMs(event) >= wholeSecond(sinceMs)) onNews(newsOf(event));
    }
  };
  await Promise.all(told.map(follow));
}

/** As exact as the times of Events are. */
const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000;

const newsOf = ({ involvedObject = {}, message = "", reason = "" }: EventObject): News => ({
  name: involvedObject.name ?? "",
  namespace: involvedObject.namespace ?? "",
  text: sanitize(message || reason),
});
