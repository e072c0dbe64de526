import type { MachineEvent } from "../machine.ts";
import { retryDelayMs } from "../retry.ts";
import type { Work } from "../work.ts";

const LOOK_MS = 1000;

/** Waits for a moment, longer with each failure; who asks by hand need not wait. */
export async function backoff(work: Work, signal: AbortSignal): Promise<MachineEvent> {
  const delayMs = retryDelayMs(work.failures++);
  const untilMs = Date.now() + delayMs;
  const nextRetryTime = `${new Date(untilMs).toISOString().slice(0, 23)}000Z`;
  work.see({ failures: work.failures, nextRetryTime });
  const asked = work.inbox.asked;
  while (Date.now() < untilMs && work.inbox.asked === asked) {
    if (work.isEnding) return "stop";
    await work.bell.wait(untilMs, signal);
    signal.throwIfAborted();
  }
  work.see({ nextRetryTime: undefined });
  return "again";
}

/** Waits until somebody has mended what is in the way. Nobody is asked meanwhile; only a local file is looked at. */
export async function blocked(work: Work, signal: AbortSignal): Promise<MachineEvent> {
  const { until, stamp } = work.block ?? { until: "request" as const, stamp: "" };
  const asked = work.inbox.asked;
  work.see({ failures: work.failures, nextRetryTime: undefined });
  for (;;) {
    await work.bell.wait(until === "login" ? Date.now() + LOOK_MS : Infinity, signal);
    signal.throwIfAborted();
    if (work.isEnding) return "stop";
    const isLogin = until === "login" && (await work.login.stamp()) !== stamp;
    const isChange = until === "change" && work.inbox.hasCause && !work.isHeld;
    const isAsked = work.inbox.asked !== asked && work.inbox.asked !== undefined;
    if (!isLogin && !isChange && !isAsked) continue;
    work.block = undefined;
    work.failures = 0;
    work.say(undefined);
    return "again";
  }
}
