import { TRIGGER_ANNOTATION, type KubeObject } from "../../apis/meta.ts";
import { EXIT } from "../cli/errors.ts";
import { outLine, say } from "../cli/io.ts";
import { sanitize } from "../cli/sanitize.ts";
import type { Session } from "../connect/session.ts";
import { qualifiedName, type ResourceType } from "../resources/types.ts";
import { waitFor } from "../wait/wait.ts";
import type { Goal } from "../wait/goal.ts";
import { runStatusOf } from "./outcome.ts";
import { verdictOn, type Verdict } from "./verdict.ts";

interface Waiting {
  /** Objects as they were when they were asked. */
  asked: readonly { type: ResourceType; object: KubeObject }[];
  timeoutMs: number;
}

export const DEFAULT_WAIT_MS = 5 * 60_000;

/** Waits until each has done what it was asked for, and says how that went. @returns the exit code. */
export async function waitForAll(session: Session, { asked, timeoutMs }: Waiting): Promise<number> {
  const signal = AbortSignal.timeout(timeoutMs);
  const codes = await Promise.all(
    asked.map(async ({ type, object }) => {
      const name = qualifiedName(type, object.metadata.name);
      const verdict = await verdictWhenSettled(session, { type, object }, signal);
      if (verdict.ok) outLine(`${name} ${sanitize(verdict.text)}`);
      else say(`error: ${name} ${sanitize(verdict.text)}`);
      return verdict.ok ? EXIT.ok : (verdict.exitCode ?? EXIT.failed);
    }),
  );
  return codes.find((code) => code === EXIT.failed) ?? Math.max(EXIT.ok, ...codes);
}

async function verdictWhenSettled(
  session: Session,
  { type, object }: Waiting["asked"][number],
  signal: AbortSignal,
): Promise<Verdict & { exitCode?: number }> {
  const value = object.metadata.annotations?.[TRIGGER_ANNOTATION] ?? "";
  let verdict: Verdict | undefined;
  const goal: Goal = {
    type: "condition",
    description: "the end of what was asked for",
    met: "settled",
    isMet: (current) =>
      (verdict = current ? verdictOn(current, value) : { ok: false, text: "was deleted" }) !== undefined,
    reason: (current) => reasonOf(current),
  };
  const { name, namespace = "" } = object.metadata;
  const late = await waitFor(session, { type, namespace, name }, goal, signal);
  if (late === undefined && verdict) return verdict;
  return { ok: false, text: `is not done in time: ${late ?? "the server is gone"}`, exitCode: EXIT.timeout };
}

function reasonOf(object: KubeObject | undefined): string {
  const { state = "not looked at yet", message } = object ? runStatusOf(object) : {};
  return message ? `${state}, ${message}` : `it is ${state}`;
}
