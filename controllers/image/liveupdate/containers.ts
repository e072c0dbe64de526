import { randomUUID } from "node:crypto";
import { addAbortSignal, PassThrough, type Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { type Engine, EngineError } from "../engine/engine.ts";

/** A container as the engine sees it. */
export interface Container {
  readonly id: string;
  readonly name: string;
  /** created, running, paused, restarting, removing, exited or dead. */
  readonly state: string;
  /** Where there is something else than in its image. */
  readonly mounts: readonly string[];
}

/** A path in which a container differs from its image. */
export interface Difference {
  readonly path: string;
  /** A directory is modified as soon as something in it is. */
  readonly type: "modified" | "added" | "deleted";
}

/** How a command in a container ended. */
export interface ExecResult {
  readonly exitCode: number;
  /** The last of what it wrote, both streams together. */
  readonly output: string;
}

interface Listed {
  Id: string;
  Names?: string[];
  ImageID: string;
  State: string;
  Mounts?: { Destination: string }[] | null;
}

const DIFFERENCES = ["modified", "added", "deleted"] as const;

interface Exec {
  command: readonly string[];
  /** `NAME=value` */
  env: readonly string[];
  input?: Readable | undefined;
  signal: AbortSignal;
}

const BOTH_OUTPUTS = { AttachStdout: true, AttachStderr: true };

/** All that a command starts has this in its environment. */
const MARK = "TILTISH_EXEC";
const END_MS = 3_000;
/** Ends whoever has the mark: first so that it may tidy up, then for certain. */
const END = `marked() {
  for d in /proc/[0-9]*; do
    case "$(tr '\\0' '\\n' <"$d/environ")" in *"$1"*) echo "\${d#/proc/}" ;; esac
  done 2>/dev/null
}
for signal in TERM KILL; do
  pids=$(marked "$1")
  [ -n "$pids" ] || exit 0
  kill -$signal $pids
  [ $signal = KILL ] || sleep 1
done`;

const KEPT_OUTPUT = 8 * 1024;
/** A command that has not ended by then is ended: what else is saved waits for it. */
const LIMIT_MS = 300_000;

const TAKES_LONG = "it has not ended within five minutes, and was ended";

/** The containers of an engine, and ways into them. Everything throws what the engine says. */
export class Containers {
  readonly #engine: () => Engine;
  /** Whoever is asked for something is let go of when it is aborted. */
  readonly #signal: AbortSignal;

  /** @param engine - The one to ask now: there may be another one later. */
  constructor(engine: () => Engine, signal: AbortSignal) {
    this.#engine = engine;
    this.#signal = signal;
  }

  /** All containers made from an image, not those of images built upon it. */
  async of(imageId: string): Promise<Container[]> {
    const query = { all: true, filters: JSON.stringify({ ancestor: [imageId] }) };
    const found = await this.#engine().json<Listed[]>({
      method: "GET",
      path: "/containers/json",
      query,
      signal: this.#signal,
    });
    return found
      .filter(({ ImageID }) => ImageID === imageId)
      .map(({ Id, Names = [], State, Mounts }) => ({
        id: Id,
        name: (Names[0] ?? Id).replace(/^\//, ""),
        state: State,
        mounts: (Mounts ?? []).map(({ Destination }) => Destination),
      }));
  }

  /** How often the engine has started it again by itself. */
  async restartsOf(id: string): Promise<number> {
    const path = `/containers/${id}/json`;
    return (
      await this.#engine().json<{ RestartCount: number }>({ method: "GET", path, signal: this.#signal })
    ).RestartCount;
  }

  /** In what it differs from its image, mounts aside; undefined if the engine cannot tell. */
  async differencesOf(id: string): Promise<Difference[] | undefined> {
    const path = `/containers/${id}/changes`;
    try {
      const found = await this.#engine().json<{ Path: string; Kind: number }[] | null>({
        method: "GET",
        path,
        signal: this.#signal,
      });
      return (found ?? []).map(({ Path, Kind }) => ({ path: Path, type: DIFFERENCES[Kind] ?? "modified" }));
    } catch (error) {
      if (error instanceof EngineError) return undefined;
      throw error;
    }
  }

  /**
   * Runs a command as the container's user. If there is no such program, it ends with 127, or 126.
   *
   * @param input - What it reads; without it, nothing.
   */
  async run(id: string, command: readonly string[], input?: Readable): Promise<ExecResult> {
    const mark = randomUUID();
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(LIMIT_MS)]);
    try {
      return await this.#exec(id, { command, env: [`${MARK}=${mark}`], input, signal });
    } catch (error) {
      if (!signal.aborted) return withoutProgram(error);
      await this.#end(id, mark);
      this.#signal.throwIfAborted();
      return { exitCode: -1, output: TAKES_LONG };
    }
  }

  async #exec(id: string, { command, env, input, signal }: Exec): Promise<ExecResult> {
    const json = { Cmd: command, Env: env, AttachStdin: input !== undefined, ...BOTH_OUTPUTS };
    const path = `/containers/${id}/exec`;
    const { Id } = await this.#engine().json<{ Id: string }>({ method: "POST", path, json, signal });
    const output = await this.#outputOf(Id, input, signal);
    const { ExitCode } = await this.#engine().json<{ ExitCode: number | null }>({
      method: "GET",
      path: `/exec/${Id}/json`,
      signal,
    });
    return { exitCode: ExitCode ?? -1, output };
  }

  async #outputOf(execId: string, input: Readable | undefined, signal: AbortSignal): Promise<string> {
    const json = { Detach: false, Tty: false };
    const path = `/exec/${execId}/start`;
    const stream = await this.#engine().hijack({ method: "POST", path, json, signal });
    addAbortSignal(signal, stream);
    const tail = new Tail();
    this.#engine().joinStreams(stream, tail.stream);
    if (input) input.on("error", (error) => stream.destroy(error)).pipe(stream);
    // The command may end without having read everything.
    await finished(stream, { writable: false });
    return tail.text;
  }

  /** Engines end no command: a second one does that. Without a shell in the container, the first one goes on. */
  async #end(id: string, mark: string): Promise<void> {
    const command = ["sh", "-c", END, "sh", `${MARK}=${mark}`];
    await this.#exec(id, { command, env: [], signal: AbortSignal.timeout(END_MS) }).catch(() => undefined);
  }

  /** Unpacks an archive in the root of the container, without anything of the container's. */
  async unpack(id: string, archive: Readable): Promise<void> {
    const path = `/containers/${id}/archive`;
    await this.#engine().json({
      method: "PUT",
      path,
      query: { path: "/" },
      body: archive,
      signal: this.#signal,
      limitMs: LIMIT_MS,
    });
  }

  async restart(id: string): Promise<void> {
    const path = `/containers/${id}/restart`;
    await this.#engine().json({ method: "POST", path, signal: this.#signal, limitMs: LIMIT_MS });
  }
}

/** Some engines refuse to begin, others say it as a shell does. */
function withoutProgram(error: unknown): ExecResult {
  if (!/executable file not found|no such file or directory/i.test(String(error))) throw error;
  return { exitCode: 127, output: String(error) };
}

/** Keeps the end of what is written to it. */
class Tail {
  readonly stream = new PassThrough();
  #kept = Buffer.alloc(0);

  constructor() {
    this.stream.on("data", (chunk: Buffer) => {
      this.#kept = Buffer.concat([this.#kept, chunk]).subarray(-KEPT_OUTPUT);
    });
  }

  get text(): string {
    return this.#kept.toString("utf8").trim();
  }
}
