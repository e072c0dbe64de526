import type { KubeObject } from "../../apis/meta.ts";
import type { Session } from "../connect/session.ts";
import { isOwned, keyOf } from "../graph/model.ts";
import { openScene } from "./scene.ts";
import { verdictOf, type Terms, type Verdict } from "./verdict.ts";

export interface AwaitOptions {
  session: Session;
  /** What it is about. */
  objects: readonly KubeObject[];
  terms: Terms;
  signal: AbortSignal;
  /** Told of every look. */
  onLook?: (verdict: Verdict) => void;
}

/** Resolves when it is over, one way or the other; with the last look when `signal` is aborted. Changes nothing. */
export async function awaitVerdict(options: AwaitOptions): Promise<Verdict> {
  const { session, terms, signal, onLook } = options;
  const wanted = new Set(options.objects.map(keyOf));
  const scene = await openScene(session, signal);
  let memory: Verdict["memory"] = { startMs: Date.now(), since: new Map() };
  for (;;) {
    const objects = scene.objects().filter((object) => isOwned(object) || wanted.has(keyOf(object)));
    const verdict = verdictOf({ objects, nowMs: Date.now(), memory }, terms);
    onLook?.(verdict);
    if (verdict.nextMs === undefined || signal.aborted) return verdict;
    memory = verdict.memory;
    await scene.changedOr(verdict.nextMs);
  }
}
