import { ConnectError, type Transport } from "../../transports/transport.ts";
import type { MachineEvent } from "../machine.ts";
import type { Member } from "../member.ts";
import { unreachable } from "../verdicts.ts";
import { DEAD_ENDS, passOver, startFromBest, tryBetter, wayAfter } from "./better.ts";
import { failedFor } from "./failures.ts";
import type { Work } from "../work.ts";

/** Connects every instance that is not, by the best way that leads there. */
export async function connect(work: Work, signal: AbortSignal): Promise<MachineEvent> {
  const { spec } = work.settings;
  if (spec.transport === "Push") return offline(work, "spec.transport is Push");
  const missing = missingIn(work);
  if (missing.length === 0 && work.connected.length > 0) return improved(work, signal);
  if (missing.length === 0) return work.fail("Connected", unreachable(whyNone(work)));
  startFromBest(work);
  let first: ConnectError | undefined;
  while (work.way < work.ways.length) {
    const way = work.ways[work.way]!;
    const error = await connectAll(work, way, { missing, signal });
    if (!error) return arrived(work, way);
    first ??= error;
    if (error.reason === "HostKeyMismatch") return blocked(work, error);
    if (!DEAD_ENDS.has(error.reason)) return failed(work, error);
    nextWay(work, error, error.reason === "SSHDisabled");
  }
  return exhausted(work, first);
}

/** All are connected; perhaps there is a better way to them by now. */
async function improved(work: Work, signal: AbortSignal): Promise<MachineEvent> {
  const tried = await tryBetter(work, signal);
  if (tried === undefined) return "connected";
  if (!(tried instanceof ConnectError)) return arrived(work, tried);
  return tried.reason === "HostKeyMismatch" ? blocked(work, tried) : arrived(work, work.ways[work.way]!);
}

/** Those that were asked for may not be there at all. */
function whyNone({ members }: Work): string {
  const all = [...members.values()];
  const missing = all.every(({ state }) => state === "Missing") ? all[0]?.lastError : undefined;
  return missing ?? "no instance of the app runs; see: cf logs --recent";
}

/** Only what runs can be connected to. */
function missingIn({ members, resolved }: Work): Member[] {
  const running = new Set(
    resolved?.instances.filter(({ state }) => state === "RUNNING").map(({ index }) => index),
  );
  return [...members.values()].filter(({ link, index }) => !link && running.has(index));
}

interface Attempt {
  readonly missing: readonly Member[];
  readonly signal: AbortSignal;
}

/** @returns why none could be connected. */
async function connectAll(
  work: Work,
  way: Transport,
  { missing, signal }: Attempt,
): Promise<ConnectError | undefined> {
  const { app, processGuid } = work.resolved!;
  const attempts = await Promise.allSettled(
    missing.map(async (member) => {
      const ref = { appGuid: app.guid, processGuid, index: member.index };
      member.connected(await way.connect(ref, signal));
      void member.link?.closed.then(() => work.bell.ring());
    }),
  );
  const errors = attempts.flatMap((attempt, at) =>
    attempt.status === "rejected" ? [{ member: missing[at]!, error: attempt.reason as Error }] : [],
  );
  const unexpected = errors.find(({ error }) => !(error instanceof ConnectError));
  if (unexpected) throw unexpected.error;
  for (const { member, error } of errors) {
    failedFor(member, error.message);
  }
  work.seeInstances();
  const mismatch = errors.find(({ error }) => (error as ConnectError).reason === "HostKeyMismatch");
  if (mismatch) return mismatch.error as ConnectError;
  const isAny = errors.length < missing.length || work.connected.length > 0;
  return isAny ? undefined : (errors[0]!.error as ConnectError);
}

function arrived(work: Work, way: Transport): MachineEvent {
  tellWay(work, way);
  work.judge("Connected", { status: "True", reason: way.name, message: `by ${way.name}` });
  work.journal.lines(`connected by ${way.name}`);
  const key = work.connected[0]?.link?.hostKey;
  work.isHostKeyInsecure = key?.verifiedBy === "Nobody";
  if (key) work.see({ hostKey: { ...key } });
  if (work.isFallbackTold) {
    work.isFallbackTold = false;
    work.tell("Normal", "FallbackCanceled", `connected by ${way.name}: no full deploy is needed`);
  }
  work.offline = undefined;
  work.wayFailures = 0;
  work.hasArrived = true;
  work.judgeDegraded();
  return "connected";
}

function tellWay(work: Work, { name }: Transport): void {
  const { active = "Push" } = work.observation.facts.transport ?? {};
  if (work.way === 0) work.passedOver = undefined;
  const better = work.passedOver && `: ${work.passedOver.message}`;
  const reason = work.way === 0 ? "the first choice" : `no better way leads to the instances${better ?? ""}`;
  work.see({ transport: { active: name, reason } });
  if (active === name || active === "Push") return;
  const text =
    work.way === 0 ? `, the first choice, instead of ${active}` : ` instead of ${active}${better ?? ""}`;
  work.tell("Normal", "TransportChanged", `connected by ${name}${text}`);
}

/** Somebody else may be listening: nothing is tried again, by this way or another, until somebody says so. */
function blocked(work: Work, error: ConnectError): MachineEvent {
  work.closeLinks();
  work.judge("Connected", { status: "False", reason: error.reason, message: error.message });
  work.say(error.message);
  work.tell("Warning", error.reason, error.message);
  work.block = { until: "request", stamp: "" };
  return "refused";
}

function failed(work: Work, error: ConnectError): MachineEvent {
  work.wayFailures++;
  if (work.wayFailures >= work.settings.spec.fallback.afterFailures) nextWay(work, error, true);
  return work.fail("Connected", { status: "False", reason: error.reason, message: error.message });
}

function nextWay(work: Work, error: ConnectError, skipSsh: boolean): void {
  Object.assign(work, { wayFailures: 0, hasArrived: false });
  work.way = wayAfter(work, work.way, skipSsh);
  passOver(work, error);
}

/** From now on the best way is the first that is tried again. */
function exhausted(work: Work, error: ConnectError | undefined): MachineEvent {
  work.way = 0;
  const before = work.observation.verdicts.Connected;
  const message = error?.message ?? before?.message ?? "no way leads to the instances";
  const reason = error?.reason ?? before?.reason ?? "Unreachable";
  const verdict = { status: "False" as const, reason, message };
  if (!work.settings.spec.fallback.toPush) return work.fail("Connected", verdict);
  work.judge("Connected", verdict);
  return offline(work, message);
}

function offline(work: Work, why: string): MachineEvent {
  work.offline = why;
  work.see({ transport: { active: "Push", reason: why } });
  return "offline";
}
