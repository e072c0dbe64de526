import { isDeepStrictEqual } from "node:util";
import { TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import { type Cause, type K8sResource, LocalProcess } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { isBeingDeleted, isOwnedBy, ownerReferenceTo, triggerValueOf } from "../../runtime/index.ts";
import { Problem } from "../problem.ts";

export type Role = "apply" | "delete";
export type CommandSpec = NonNullable<K8sResource["spec"]["applyCommand"]>;

/** What a command has written. */
export interface Output {
  readonly stdout: string;
  readonly all: string;
}

export interface CommandRun {
  readonly spec: CommandSpec;
  /** Over the inherited ones, and under those of the spec. */
  readonly env: Readonly<Record<string, string>>;
  /** Whatever is asked for by the same cause runs once, over restarts of tiltish too. */
  readonly cause: Cause;
  readonly signal: AbortSignal;
}

const MAX_OUTPUT = 20 * 1024 * 1024;
const SHOWN = 500;

/** Runs the commands of a K8sResource, each as a LocalProcess that it owns. */
export class Commands {
  readonly #client: Client;
  readonly #owner: K8sResource;

  constructor(client: Client, owner: K8sResource) {
    this.#client = client;
    this.#owner = owner;
  }

  /**
   * What the command has written, once it has ended well.
   *
   * @throws Problem that shows what it wrote.
   */
  async run(role: Role, run: CommandRun): Promise<Output> {
    const name = this.#name(role);
    const trigger = triggerValueOf(run.cause);
    await this.#start(role, run, trigger);
    const process = await this.#client.waitFor(LocalProcess, name, (found) => isOver(found, trigger), {
      signal: run.signal,
    });
    const output = await this.#outputOf(process!);
    if (process!.status?.state === "Succeeded") return output;
    throw failed(role, process!, output);
  }

  /** What its last run has written; nothing if that is not kept any more. */
  async last(role: Role): Promise<Output> {
    const process = await this.#client.get(LocalProcess, this.#name(role));
    return process ? this.#outputOf(process) : { stdout: "", all: "" };
  }

  #name(role: Role) {
    const { namespace = "default", name } = this.#owner.metadata;
    return { namespace, name: `${name}-k8s-${role}` };
  }

  async #start(role: Role, { spec, env }: CommandRun, trigger: string): Promise<void> {
    const name = this.#name(role);
    const wanted = {
      argv: spec.argv,
      ...(spec.dir && { dir: spec.dir }),
      env: { ...env, ...spec.env },
      restartPolicy: "Never" as const,
    };
    const annotations = { [TRIGGER_ANNOTATION]: trigger };
    const present = await this.#client.get(LocalProcess, name);
    if (!present) {
      const metadata = { ...name, annotations, ownerReferences: [ownerReferenceTo(this.#owner)] };
      await this.#client.create(LocalProcess, metadata, wanted);
      return;
    }
    if (!isOwnedBy(present, this.#owner) || isBeingDeleted(present)) throw notOurs(name.name);
    if (present.metadata.annotations?.[TRIGGER_ANNOTATION] === trigger) return;
    await this.#client.update(LocalProcess, present, (draft) => {
      const {
        argv,
        dir,
        env: variables,
      } = wanted as { argv: string[]; dir?: string; env: Record<string, string> };
      if (!isDeepStrictEqual([draft.spec.argv, draft.spec.dir, draft.spec.env], [argv, dir, variables]))
        Object.assign(draft.spec, { argv, dir, env: variables });
      draft.metadata.annotations = { ...draft.metadata.annotations, ...annotations };
    });
  }

  async #outputOf(process: LocalProcess): Promise<Output> {
    const { run } = process.status ?? {};
    const query: Record<string, string> = run === undefined ? {} : { run: String(run) };
    const read = (more: Record<string, string>) => this.#read(process, { ...query, ...more });
    const [stdout, all] = await Promise.all([read({ stream: "Stdout" }), read({})]);
    return { stdout, all };
  }

  async #read(process: LocalProcess, query: Record<string, string>): Promise<string> {
    const chunks: Uint8Array[] = [];
    const limitBytes = String(MAX_OUTPUT);
    for await (const chunk of this.#client.log(LocalProcess, process.metadata, { ...query, limitBytes }))
      chunks.push(chunk);
    return Buffer.concat(chunks).toString("utf8");
  }
}

function isOver(process: LocalProcess | undefined, trigger: string): boolean {
  const { state, observedTrigger, pid } = process?.status ?? {};
  if (!process) return false;
  return observedTrigger === trigger && pid === undefined && (state === "Succeeded" || state === "Failed");
}

/** As much of a text as is shown with an error. */
export const shown = (text: string): string => (text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`);

function failed(role: Role, { spec, status = {} }: LocalProcess, { stdout, all }: Output): Problem {
  const why = status.message ?? `exit code ${status.exitCode}`;
  const wrote = stdout.trim() || all.trim();
  return new Problem(
    "CommandFailed",
    `spec.${role}Command ${JSON.stringify(shown(spec.argv.join(" ")))} failed: ${why}` +
      (wrote ? `; it wrote: ${shown(wrote)}` : "") +
      `; correct it, or run it again with: tiltish trigger`,
  );
}

const notOurs = (name: string): Problem =>
  new Problem("NameTaken", `LocalProcess ${name} belongs to someone else; delete or rename it`, {
    isPassing: true,
  });
