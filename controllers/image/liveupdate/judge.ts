import type { Container } from "./containers.ts";
import type { Failure, Orders } from "./orders.ts";
import { changesBetween, obstacleIn } from "./rules.ts";

/** So long after a build, its first container may still be on its way. */
const GRACE_MS = 10_000;
/** What the engine has started again so often does not get better by more files. */
const CRASH_LOOP = 3;

export type Verdict =
  /** Every running container can be brought into step. */
  | { readonly type: "sync"; readonly running: readonly Container[]; readonly waiting: readonly Container[] }
  /** Look again when something happens, or then. */
  | { readonly type: "wait"; readonly reason: string; readonly message: string; readonly untilMs?: number }
  | ({ readonly type: "build" } & Failure);

/** The world as it is at a moment. */
export interface Situation {
  readonly containers: readonly Container[];
  /** How often the engine has started a container again, by id. */
  readonly restarts: ReadonlyMap<string, number>;
  readonly nowMs: number;
}

/** What can be done with the containers of an image. Pure. */
export function judge(orders: Orders, situation: Situation): Verdict {
  const changed = changesBetween(orders.baked, orders.context);
  const obstacle = obstacleIn(changed, orders.rules);
  if (obstacle !== undefined) return { type: "build", reason: "UpdateStopped", message: obstacle };
  const verdict = reach(orders, situation);
  // The image has all of it already: whoever starts a container gets it.
  if (verdict.type === "build" && changed.length === 0) return { ...verdict, type: "wait" };
  return verdict;
}

/** Which containers can be reached. */
function reach({ only, builtAtMs }: Orders, { containers, restarts, nowMs }: Situation): Verdict {
  const ours = containers.filter(({ name }) => !only || only.includes(name));
  if (ours.length === 0) return noContainer(only, { untilMs: builtAtMs + GRACE_MS, nowMs });
  const running = ours.filter(({ state }) => state === "running");
  const waiting = ours.filter(({ state }) => ["created", "restarting", "paused"].includes(state));
  if (running.length > 0) return { type: "sync", running, waiting };
  const looping = waiting.find(({ id }) => (restarts.get(id) ?? 0) >= CRASH_LOOP);
  if (looping) return crashLoop(looping);
  return waiting[0] ? notYet(waiting[0]) : terminated(ours[0]!);
}

function noContainer(
  only: readonly string[] | undefined,
  { untilMs, nowMs }: { untilMs: number; nowMs: number },
): Verdict {
  const message = only
    ? `no container of the image is called ${only.join(" or ")}`
    : "no container runs the image on this engine";
  const reason = "NoContainer";
  return nowMs < untilMs ? { type: "wait", reason, message, untilMs } : { type: "build", reason, message };
}

const crashLoop = ({ name }: Container): Verdict => ({
  type: "build",
  reason: "CrashLoopBackOff",
  message: `container ${name} ends again and again; see: docker logs ${name}`,
});

const notYet = ({ name, state }: Container): Verdict => ({
  type: "wait",
  reason: "NotRunning",
  message: `container ${name} is ${state}; what changed goes there when it runs`,
});

const terminated = ({ name, state }: Container): Verdict => ({
  type: "build",
  reason: "Terminated",
  message: `container ${name} has ended (${state}); see: docker logs ${name}`,
});
