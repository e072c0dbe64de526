import { statfs } from "node:fs/promises";
import type { Readable } from "node:stream";
import type {
  CommitOutcome,
  CommitRequest,
  InstanceStatus,
  Readiness,
  SetRestart,
  TimedOutcome,
} from "../../apis/fastpush.ts";
import { runCommand } from "../child/command.ts";
import { whenReady } from "../child/ready.ts";
import type { Supervisor } from "../child/supervisor.ts";
import type { Lock } from "../lock.ts";
import { applySet } from "../set/apply.ts";
import { BadSetError } from "../set/operations.ts";
import { type Received, Stage, type StagedSet } from "../set/stage.ts";
import type { SetState } from "../set/state.ts";
import { Steps } from "./steps.ts";

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
  receive(revision: string, source: Readable): Promise<Received> {
    return this.#stage.receive(revision, source);
  }

  /**
   * Commits what was received, then restarts the app. A set that is there already is not committed again.
   *
   * @throws ConflictError if it was made for another revision, or is not staged.
   */
  async commit(revision: string, request: CommitRequest): Promise<TimedOutcome> {
    const { lock, state } = this.#options;
    const steps = new Steps();
    const begun = this.#stage.use(revision, (staged) =>
      lock.run(async () => {
        if (state.marker.revision === revision) return this.#supersede(revision);
        await steps.time("apply", () => this.#apply(staged, revision, request));
        return this.#restarted(revision, request.restart, steps);
      }),
    );
    return this.#settled(await begun.catch(failed), request.restart, steps);
  }

  /** Restarts the app, or does what else is asked for. */
  async restart(restart: SetRestart): Promise<TimedOutcome> {
    const { lock, state } = this.#options;
    const steps = new Steps();
    const begun = await lock.run(() => this.#restarted(state.marker.revision, restart, steps));
    return this.#settled(begun, restart, steps);
  }

  async #apply(staged: StagedSet | undefined, revision: string, request: CommitRequest): Promise<void> {
    const { root, state, instanceGuid } = this.#options;
    const { revision: present } = state.marker;
    if (present !== request.base)
      throw new ConflictError(`the app has revision "${present}" and the set was made for "${request.base}"`);
    if (!staged) throw new ConflictError(`no set "${revision}" is staged; send it again`);
    const manifest = manifestOf(state.tracked, request.tracked);
    const journal = { revision, treeHash: request.treeHash, manifest, operations: staged.operations };
    await applySet({ root, state, instanceGuid }, journal);
  }

  /** @returns how it ended; or, while the app starts, what tells that a later set has come. */
  async #restarted(
    revision: string,
    restart: SetRestart,
    steps: Steps,
  ): Promise<AbortSignal | CommitOutcome> {
    const superseded = this.#supersede(revision);
    const { root, env, supervisor } = this.#options;
    if (restart.mode === "None") return { result: "ok" };
    if (restart.mode === "Command") {
      const run = () => runCommand(restart.command, { cwd: root, env });
      const { exit, output } = await steps.time("restart", run);
      return exit === "0" ? { result: "ok" } : { result: "crashed", exit, output };
    }
    const signal = `SIG${restart.signal}` as NodeJS.Signals;
    await steps.time("restart", () => supervisor.restart({ signal, graceMs: restart.graceSeconds * 1000 }));
    return superseded;
  }

  async #settled(
    begun: AbortSignal | CommitOutcome,
    restart: SetRestart,
    steps: Steps,
  ): Promise<TimedOutcome> {
    const isStarting = begun instanceof AbortSignal;
    const outcome = isStarting ? await steps.time("ready", () => this.#ready(restart, begun)) : begun;
    return { ...outcome, durationsMs: steps.durations };
  }

  async #ready(restart: SetRestart, superseded: AbortSignal): Promise<CommitOutcome> {
    if (restart.mode !== "Supervisor") return { result: "ok" };
    const { supervisor, ports } = this.#options;
    const { pid } = supervisor.state;
    return whenReady(supervisor, { pid, superseded, readiness: readinessFor(restart.readiness, ports) });
  }

  #supersede(revision: string): AbortSignal {
    this.#latest.abort(revision);
    this.#latest = new AbortController();
    return this.#latest.signal;
  }
}

/** Who asks for a path, or for the port of this proxy, means the app behind it. */
function readinessFor(readiness: Readiness | undefined, ports: SetsOptions["ports"]): Readiness | undefined {
  if (!readiness) return undefined;
  const isOurs =
    readiness.port === undefined ? readiness.path !== undefined : readiness.port === ports.listen;
  return isOurs ? { ...readiness, port: ports.backend } : readiness;
}

function failed(error: unknown): CommitOutcome {
  if (error instanceof BadSetError) return { result: "failed", message: error.message };
  throw error;
}

/** Undefined if it is what it was. */
function manifestOf(former: ReadonlySet<string>, tracked: CommitRequest["tracked"]): string | undefined {
  if ("all" in tracked) return tracked.all.join("\0");
  if (tracked.add.length === 0 && tracked.remove.length === 0) return undefined;
  const paths = new Set(former);
  for (const path of tracked.remove) paths.delete(path);
  for (const path of tracked.add) paths.add(path);
  return [...paths].join("\0");
}
