import { createReadStream } from "node:fs";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { InstanceRef, Link, RestartPolicy, SyncOutcome } from "../../controllers/cfapp/index.ts";
import { isEmptyPlan, type Plan } from "../../controllers/sync/index.ts";
import type { FastPushApp } from "./app.ts";
import { type Local, planFor } from "./plan.ts";

/** What there is to do for one instance, or what was done. */
export interface Pushed {
  readonly index: number;
  readonly plan: Plan;
  /** Undefined if nothing was sent. */
  readonly outcome: SyncOutcome | undefined;
  /** What the controller there cannot do, and was left. */
  readonly leftUndone: number;
}

export interface PushTerms {
  readonly local: Local;
  readonly restart: RestartPolicy;
  readonly isDryRun: boolean;
}

/** Sends an instance what it lacks; nothing at all if it is only to be told what that is. */
export async function pushTo(
  { transport }: FastPushApp,
  instance: InstanceRef,
  { local, restart, isDryRun }: PushTerms,
): Promise<Pushed> {
  const link = await transport.connect(instance);
  try {
    const plan = planFor(local, await link.list(local.tree));
    const pushed = { index: instance.index, plan, leftUndone: leftUndone(plan, link) };
    if (isDryRun || isEmptyPlan(plan)) return { ...pushed, outcome: undefined };
    const read = (path: string) => createReadStream(join(local.root, path));
    const staged = await link.stage({ revision: `push ${randomUUID()}`, plan, restart, read });
    return { ...pushed, outcome: await staged.commit() };
  } finally {
    link.close();
  }
}

function leftUndone({ operations }: Plan, { capabilities }: Link): number {
  const { deletes, modes, links } = capabilities;
  const isLeft = (type: string) =>
    (!deletes && type === "remove") || (!modes && type === "chmod") || (!links && type === "link");
  return operations.filter(({ type }) => isLeft(type)).length;
}
