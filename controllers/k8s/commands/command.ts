import { isDeepStrictEqual } from "node:util";
import { TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import { type Cause, type K8sResource, LocalProcess } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { isBeingDeleted, isOwnedBy, ownerReferenceTo, triggerValueOf } from "../../runtime/index.ts";
import { Problem } from "../problem.ts";
import { failed, gone } from "./failures.ts";
import { copyLog, stdoutOf } from "./output.ts";

export type Role = "apply" | "delete";
export type CommandSpec = NonNullable<K8sResource["spec"]["applyCommand"]>;

export interface CommandRun {
  readonly spec: CommandSpec;
  /** Over the inherited ones, and under those of the spec. */
  readonly env: Readonly<Record<string, string>>;
  /** Whatever is asked for by the same cause runs once, over restarts of tiltish too. */
  readonly cause: Cause;
  readonly signal: AbortSignal;
  /** Takes all that it has written. */
  readonly log: (lines: Uint8Array) => Promise<void>;
}

/** Runs the commands of a K8sResource, each as a LocalProcess that it owns. */
export class Commands {
  readonly #client: Client;
  readonly #owner: K8sResource;
  /** The one that runs now. */
  #running: Role | undefined;

  constructor(client: Client, owner: K8sResource) {
    this.#client = client;
    this.#owner = owner;
  }

  /**
   * What the command has written on stdout, once it has ended well.
   *
   * @throws Problem that says how else it has ended.
   */
  async run(role: Role, run: CommandRun): Promise<string> {
    const trigger = triggerValueOf(run.cause);
    this.#running = role;
    try {
      await this.#start(role, run, trigger);
      const { signal } = run;
      const process = await this.#client.waitFor(LocalProcess, this.#name(role), isOver, { signal });
      if (!process) throw gone(role);
      const tail = await copyLog(this.#client, process, { role, log: run.log });
      const stdout = await stdoutOf(this.#client, process, role);
      if (process.status?.state === "Succeeded") return stdout;
      throw failed(role, process, stdout.trim() ? stdout : tail);
    } finally {
      this.#running = undefined;
    }
  }

  /** What its last run has written; nothing if that is not kept any more. */
  async last(role: Role): Promise<string> {
    const process = await this.#client.get(LocalProcess, this.#name(role));
    return process ? stdoutOf(this.#client, process, role) : "";
  }

  /** Ends the command that runs. @returns whether there is one. */
  cancel(cause: Cause): boolean {
    if (this.#running === undefined) return false;
    const annotations = { [TRIGGER_ANNOTATION]: triggerValueOf(cause) };
    const name = this.#name(this.#running);
    void this.#client.patch(LocalProcess, name, { metadata: { annotations } }).catch(() => undefined);
    return true;
  }

  /** Its process ends, and is gone: what it does must not come after what is done now. */
  async end(role: Role, signal: AbortSignal): Promise<void> {
    const name = this.#name(role);
    const present = await this.#client.get(LocalProcess, name);
    if (!present || !isOwnedBy(present, this.#owner)) return;
    await this.#client.delete(LocalProcess, name);
    await this.#client.waitFor(LocalProcess, name, (process) => process === undefined, { signal });
  }

  #name(role: Role) {
    const { namespace = "default", name } = this.#owner.metadata;
    return { namespace, name: `${name}-k8s-${role}` };
  }

  async #start(role: Role, { spec, env }: CommandRun, trigger: string): Promise<void> {
    const name = this.#name(role);
    const { argv, dir, timeout } = spec;
    const wanted = { argv, ...(dir && { dir }), ...(timeout && { timeout }), env: { ...env, ...spec.env } };
    const annotations = { [TRIGGER_ANNOTATION]: trigger };
    const present = await this.#client.get(LocalProcess, name);
    if (!present) {
      const metadata = { ...name, annotations, ownerReferences: [ownerReferenceTo(this.#owner)] };
      await this.#client.create(LocalProcess, metadata, { ...wanted, restartPolicy: "Never" });
      return;
    }
    if (!isOwnedBy(present, this.#owner) || isBeingDeleted(present)) throw notOurs(name.name);
    if (present.metadata.annotations?.[TRIGGER_ANNOTATION] === trigger) return;
    await this.#client.update(LocalProcess, present, (draft) => {
      const next = { dir: undefined, timeout: undefined, ...wanted };
      for (const [field, value] of Object.entries(next))
        if (!isDeepStrictEqual(draft.spec[field as keyof typeof next], value))
          Object.assign(draft.spec, { [field]: value });
      draft.metadata.annotations = { ...draft.metadata.annotations, ...annotations };
    });
  }
}

const BUSY: readonly (string | undefined)[] = ["Waiting", "Starting", "Running", "Stopping", "BackOff"];

/** It has done what it was asked for last, whoever has asked; or it is not there to do anything. */
function isOver(process: LocalProcess | undefined): boolean {
  if (!process) return true;
  const { state, observedTrigger, pid } = process.status ?? {};
  const trigger = process.metadata.annotations?.[TRIGGER_ANNOTATION];
  return observedTrigger === trigger && pid === undefined && state !== undefined && !BUSY.includes(state);
}

const notOurs = (name: string): Problem =>
  new Problem("NameTaken", `LocalProcess ${name} belongs to someone else; delete or rename it`, {
    isPassing: true,
  });
