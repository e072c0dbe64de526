import { LocalProcess } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";
import { isReason } from "../../apis/errors.ts";
import { nowMicro } from "../runtime/index.ts";
import { asObserved, observationOf, statusOf } from "./status.ts";

const ACTIVE: readonly (string | undefined)[] = ["Starting", "Running", "Stopping", "BackOff"];

/**
 * Says of every process that an earlier server ran that it runs no more. Call it after the sweep and before any
 * controller starts: who depends on one of them must not take what was true then for what is.
 */
export async function tellStopped(client: Client): Promise<void> {
  const { items } = await client.list(LocalProcess, { allNamespaces: true });
  const active = items.filter(({ status }) => ACTIVE.includes(status?.state));
  await Promise.all(active.map((object) => tell(client, object, "tiltish was not running")));
}

/** Says of a process that is being deleted that it runs no more, while others still hold the object. */
export const tellEnded = (client: Client, object: LocalProcess): Promise<void> =>
  tell(client, object, "its process has ended; others hold the object");

/** It would run now, had its server not ended. */
const isToRun = ({ metadata, spec, status }: LocalProcess): boolean =>
  !metadata.deletionTimestamp && !spec.disabled && status?.holdTime === undefined;

async function tell(client: Client, present: LocalProcess, message: string): Promise<void> {
  const object = asObserved(present); // nobody has looked at what changed of its spec since then
  const before = observationOf(object);
  const observation = {
    run: 0,
    restarts: 0,
    ...before,
    state: "Waiting" as const,
    pid: undefined,
    ready: false,
    message,
    nextStartTime: isToRun(object) ? nowMicro() : undefined,
  };
  const { observedTrigger, holdTime } = object.status ?? {};
  try {
    await client.setStatus(
      LocalProcess,
      object,
      statusOf(object, { observation, observedTrigger, holdTime, verdict: {} }),
    );
  } catch (error) {
    if (!isReason(error, "NotFound")) throw error;
  }
}
