import { setTimeout as sleep } from "node:timers/promises";
import { ConnectError, type Link, type Transport } from "../../transports/transport.ts";
import type { Member } from "../member.ts";
import type { Work } from "../work.ts";

/** How often ways are tried again that were passed over, while another one serves; no more than so often. */
const AGAIN_MS = 240_000;

/** An agent looks at the supervisor each second. */
const NEWS_MS = 5_000;
const UNSUPERVISED =
  "ssh leads to the instances, but no supervisor runs there, so that only fast-push can restart the app";

/** With these it is of no use to try the same way again at once; and that much is found out quickly. */
export const DEAD_ENDS: ReadonlySet<string> = new Set([
  "NotSupported",
  "SSHDisabled",
  "Unauthorized",
  "CertificateRefused",
]);

export const isSsh = (way: Transport | undefined): boolean => way !== undefined && way.name !== "FastPush";

/** What holds for ssh holds for all that goes over it. @returns the number of ways if there is no other. */
export function wayAfter({ ways }: Work, way: number, skipSsh: boolean): number {
  const isSkipped = skipSsh && isSsh(ways[way]);
  const next = ways.findIndex((other, at) => at > way && !(isSkipped && isSsh(other)));
  return next === -1 ? ways.length : next;
}

/** A better way than the present one was given up, or tried again. */
export function passOver(work: Work, { reason, message }: ConnectError): void {
  work.passedOver = { reason, message, atMs: Date.now(), ask: work.inbox.asked };
}

/** Whoever connects anew begins with the best way; with one that takes long to fail only from time to time. */
export function startFromBest(work: Work): void {
  const { passedOver, connected, hasArrived, way } = work;
  if (!hasArrived || connected.length > 0 || way === 0) return;
  if (passedOver && !DEAD_ENDS.has(passedOver.reason) && !isDue(work)) return;
  Object.assign(work, { way: 0, wayFailures: 0, hasArrived: false });
}

const isDue = ({ passedOver, inbox }: Work): boolean =>
  passedOver !== undefined &&
  (Date.now() >= passedOver.atMs + AGAIN_MS || isNewAsk(passedOver.ask, inbox.asked));

/** What the container lacks, it lacks for as long as it lives. */
const isWorthIt = ({ way, passedOver }: Work): boolean =>
  way > 0 && passedOver !== undefined && passedOver.reason !== "NotSupported";

const isNewAsk = (before: object | undefined, now: object | undefined): boolean =>
  now !== undefined && now !== before;

/** Somebody asks, and the way that serves is not the best: then it is a good moment to look for a better one. */
export const isBetterAsked = (work: Work): boolean =>
  isWorthIt(work) && work.offline === undefined && isNewAsk(work.passedOver?.ask, work.inbox.asked);

/**
 * Tries the better ways again, while the present one goes on to serve: no set is under way, and nothing is closed before
 * all instances are connected.
 *
 * @returns the way that leads there now, if there is a better one, or why not; undefined if it was not tried.
 */
export async function tryBetter(
  work: Work,
  signal: AbortSignal,
): Promise<Transport | ConnectError | undefined> {
  if (!isWorthIt(work) || !isDue(work)) return undefined;
  let last: ConnectError | undefined;
  for (let at = 0; at < work.way;) {
    const way = work.ways[at]!;
    const links = await linksBy(work, way, signal);
    if (!(links instanceof ConnectError)) {
      work.way = at;
      replaceLinks(work, links);
      return way;
    }
    last = links;
    passOver(work, links);
    at = wayAfter(work, at, links.reason !== "NotSupported");
  }
  return last;
}

/** All of them, or none. */
async function linksBy(
  work: Work,
  way: Transport,
  signal: AbortSignal,
): Promise<ReadonlyMap<Member, Link> | ConnectError> {
  const { app, processGuid } = work.resolved!;
  const links = new Map<Member, Link>();
  const attempts = work.connected.map(async (member) => {
    links.set(member, await way.connect({ appGuid: app.guid, processGuid, index: member.index }, signal));
  });
  const failed = (await Promise.allSettled(attempts)).find(({ status }) => status === "rejected");
  const error = failed
    ? ((failed as PromiseRejectedResult).reason as Error)
    : await whyWorse(work, [...links.values()]);
  if (!error && !signal.aborted) return links;
  for (const link of links.values()) link.close();
  signal.throwIfAborted();
  return error instanceof ConnectError
    ? error
    : new ConnectError("Unreachable", error!.message, { cause: error });
}

/** Who restarts the app is not given up for one who cannot. */
async function whyWorse(work: Work, links: readonly Link[]): Promise<ConnectError | undefined> {
  const restarts = work.connected.every(({ link }) => link?.capabilities.restarts);
  if (work.settings.spec.restart.mode !== "Supervisor" || !restarts) return undefined;
  const areSupervised = await Promise.all(links.map(isSupervised));
  return areSupervised.every(Boolean) ? undefined : new ConnectError("Unsupervised", UNSUPERVISED);
}

/** Whether an instance tells so, within a moment. */
async function isSupervised(link: Link): Promise<boolean> {
  const news = new Promise<boolean>((resolve) => link.watchApp?.(({ isSupervised: is }) => resolve(is)));
  const late = new AbortController();
  const none = sleep(NEWS_MS, false, { signal: late.signal }).catch(() => false);
  const lost = link.closed.then(() => false);
  try {
    return await Promise.race([news, lost, none]);
  } finally {
    late.abort();
  }
}

function replaceLinks(work: Work, links: ReadonlyMap<Member, Link>): void {
  for (const [member, link] of links) {
    const former = member.link;
    member.connected(link);
    void link.closed.then(() => work.bell.ring());
    former?.close();
  }
}
