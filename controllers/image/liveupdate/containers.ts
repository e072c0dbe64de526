import { addAbortSignal, PassThrough, type Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { Engine } from "../engine/engine.ts";

/** A container as the engine sees it. */
export interface Container {
  readonly id: string;
  readonly name: string;
  /** created, running, paused, restarting, removing, exited or dead. */
  readonly state: string;
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
}

const KEPT_OUTPUT = 8 * 1024;
/** A command that has not ended by then is let go of: what else is saved waits for it. */
const LIMIT_MS = 300_000;

class TakesLongError extends Error {
  constructor() {
    super("it has not ended within five minutes, and goes on in the container");
  }
}

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
      .map(({ Id, Names = [], State }) => ({
        id: Id,
        name: (Names[0] ?? Id).replace(/^\//, ""),
        state: State,
      }));
  }

  /** How often the engine has started it again by itself. */
  async restartsOf(id: string): Promise<number> {
    const path = `/containers/${id}/json`;
    return (
      await this.#engine().json<{ RestartCount: number }>({ method: "GET", path, signal: this.#signal })
    ).RestartCount;
  }

  /**
   * Runs a command as the container's user. If there is no such program, it ends with 127, or 126.
   *
   * @param input - What it reads; without it, nothing.
   */
  async run(id: string, command: readonly string[], input?: Readable): Promise<ExecResult> {
    const { Id } = await this.#engine().json<{ Id: string }>({
      method: "POST",
      path: `/containers/${id}/exec`,
      json: { Cmd: command, AttachStdin: input !== undefined, AttachStdout: true, AttachStderr: true },
      signal: this.#signal,
    });
    try {
      const output = await this.#outputOf(Id, input);
      const path = `/exec/${Id}/json`;
      const { ExitCode } = await this.#engine().json<{ ExitCode: number | null }>({ method: "GET", path });
      return { exitCode: ExitCode ?? -1, output };
    } catch (error) {
      if (error instanceof TakesLongError) return { exitCode: -1, output: error.message };
      return withoutProgram(error);
    }
  }

  async #outputOf(execId: string, input: Readable | undefined): Promise<string> {
    const json = { Detach: false, Tty: false };
    const stream = await this.#engine().hijack({ method: "POST", path: `/exec/${execId}/start`, json });
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(LIMIT_MS)]);
    addAbortSignal(signal, stream);
    const tail = new Tail();
    this.#engine().joinStreams(stream, tail.stream);
    if (input) input.on("error", (error) => stream.destroy(error)).pipe(stream);
    // The command may end without having read everything.
    await finished(stream, { writable: false }).catch((error: unknown) => {
      this.#signal.throwIfAborted();
      if (signal.aborted) throw new TakesLongError();
      throw error;
    });
    return tail.text;
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
    });
  }

  async restart(id: string): Promise<void> {
    await this.#engine().json({ method: "POST", path: `/containers/${id}/restart`, signal: this.#signal });
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
