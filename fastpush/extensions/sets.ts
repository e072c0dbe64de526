import { statfs } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { CommitOutcome, CommitRequest, InstanceStatus, SetRestart } from "../../apis/fastpush.ts";
import { runCommand } from "../child/command.ts";
import { whenReady } from "../child/ready.ts";
import type { Supervisor } from "../child/supervisor.ts";
import type { Lock } from "../lock.ts";
import { applySet } from "../set/apply.ts";
import { BadSetError } from "../set/operations.ts";
import { Stage, type StagedSet } from "../set/stage.ts";
import type { SetState } from "../set/state.ts";

/** A set that was made for another revision than the one that is there. */
export class ConflictError extends Error {
  override readonly name = "ConflictError";
}

export interface SetsOptions {
  readonly root: string;
  readonly state: SetState;
  readonly supervisor: Supervisor;
  /** Held by whoever changes files or processes. */
  readonly lock: Lock;
  /** Of processes that are started here. */
  readonly env: NodeJS.ProcessEnv;
  readonly instanceGuid: string;
  /** Port of this proxy, and the one of the app: who asks for the first means the second. */
  readonly ports: { readonly listen: number; readonly backend: number };
}

/** Takes sets of changes, commits them, and tells what became of the app. */
export class Sets {
  readonly #options: SetsOptions;
  readonly #stage: Stage;
  #latest = new AbortController();

  constructor(options: SetsOptions) {
    this.#options = options;
    this.#stage = new Stage(options.root, options.state);
  }

  async status(): Promise<InstanceStatus> {
    const { root, state, supervisor, instanceGuid } = this.#options;
    const disk = await statfs(root).catch(() => undefined);
    return {
      instanceGuid,
      ...state.marker,
      ...(disk && { freeBytes: disk.bavail * disk.bsize }),
      ...supervisor.state,
      output: supervisor.output.tail(),
    };
  }

  /** @throws BadSetError, or what the system says. */
  receive(revision: string, source: Readable): Promise<void> {
    return this.#stage.receive(revision, source);
  }

  /**
   * Commits what was received, then restarts the app. A set that is there already is not committed again.
   *
   * @throws ConflictError if it was made for another revision, or is not staged.
   */
  async commit(revision: string, request: CommitRequest): Promise<CommitOutcome> {
    const { lock, state } = this.#options;
    const superseded = await this.#stage
      .use(revision, (staged) =>
        lock.run(async () => {
          if (state.marker.revision === revision) return this.#supersede(revision);
          await this.#apply(staged, revision, request);
          return this.#restarted(revision, request.restart);
        }),
      )
      .catch(failed);
    return superseded instanceof AbortSignal ? this.#settled(request.restart, superseded) : superseded;
  }

  /** Restarts the app, or does what else is asked for. */
  async restart(restart: SetRestart): Promise<CommitOutcome> {
    const { lock, state } = this.#options;
    const outcome = await lock.run(() => this.#restarted(state.marker.revision, restart));
    return outcome instanceof AbortSignal ? this.#settled(restart, outcome) : outcome;
  }

  async #apply(staged: StagedSet | undefined, revision: string, request: CommitRequest): Promise<void> {
    const { root, state, instanceGuid } = this.#options;
    const { revision: present } = state.marker;
    if (present !== request.base)
      throw new ConflictError(`the app has revision "${present}" and the set was made for "${request.base}"`);
    if (!staged) throw new ConflictError(`no set "${revision}" is staged; send it again`);
    const { operations } = staged;
    const manifest = manifestOf(state.tracked, request.tracked);
    await applySet(
      { root, state, instanceGuid },
      { revision, treeHash: request.treeHash, manifest, operations },
    );
  }

  /** @returns what tells that a later set has come, while the app starts; or how it ended. */
  async #restarted(revision: string, restart: SetRestart): Promise<AbortSignal | CommitOutcome> {
    const signal = this.#supersede(revision);
    if (restart.mode === "None") return { result: "ok" };
    const { root, env, supervisor } = this.#options;
    if (restart.mode === "Command") {
      const { exit, output } = await runCommand(restart.command, { cwd: root, env });
      return exit === "0" ? { result: "ok" } : { result: "crashed", exit, output };
    }
    const ending = { signal: `SIG${restart.signal}` as NodeJS.Signals, graceMs: restart.graceSeconds * 1000 };
    await supervisor.restart(ending);
    return signal;
  }

  async #settled(restart: SetRestart, superseded: AbortSignal): Promise<CommitOutcome> {
    if (restart.mode !== "Supervisor") return { result: "ok" };
    const { supervisor, ports } = this.#options;
    const { readiness } = restart;
    const port =
      readiness?.port === ports.listen || (readiness?.path && !readiness.port)
        ? ports.backend
        : readiness?.port;
    return whenReady(supervisor, {
      pid: supervisor.state.pid,
      readiness: readiness && { ...readiness, ...(port && { port }) },
      superseded,
    });
  }

  #supersede(revision: string): AbortSignal {
    this.#latest.abort(revision);
    this.#latest = new AbortController();
    return this.#latest.signal;
  }
}

function failed(error: unknown): CommitOutcome {
  if (error instanceof BadSetError) return { result: "failed", message: error.message };
  throw error;
}

function manifestOf(former: ReadonlySet<string>, tracked: CommitRequest["tracked"]): string {
  if ("all" in tracked) return tracked.all.join("\0");
  const paths = new Set(former);
  for (const path of tracked.remove) paths.delete(path);
  for (const path of tracked.add) paths.add(path);
  return [...paths].join("\0");
}
