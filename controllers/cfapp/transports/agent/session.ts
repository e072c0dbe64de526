import type { Duplex } from "node:stream";
import { once } from "node:events";
import type { Operation } from "../../sync/index.ts";
import type { Greeting, Listing, Outcome, RestartPolicy, SyncOutcome, SyncSet } from "../transport.ts";
import { contentFrames } from "./content.ts";
import { encodeFrame, fields, type Frame, FrameDecoder } from "./frames.ts";
import { listingOf } from "./listing.ts";

const VERSION = "1";

export interface AgentOptions {
  /** Directory of the app. */
  readonly root: string;
  /** Directories that the agent may keep its state in; the first that is on the file system of the app is taken. */
  readonly stateDirectories: readonly string[];
  /** Where the supervisor listens. */
  readonly supervisorSocket: string;
}

/** The connection was lost, or whoever is at its other end is no agent. */
export class ConnectionLostError extends Error {
  override readonly name = "ConnectionLostError";
}

interface Waiting {
  readonly isFor: (frame: Frame) => boolean;
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: Error) => void;
}

/** Speaks to one agent, over the standard input and output of the process that it is. */
export class AgentSession {
  readonly #channel: Duplex;
  readonly #decoder = new FrameDecoder();
  #waiting: Waiting[] = [];
  #list: Buffer[] = [];
  #lost: ConnectionLostError | undefined;
  #bytesSent = 0;

  private constructor(channel: Duplex) {
    this.#channel = channel;
    channel.on("data", (bytes: Buffer) => this.#take(bytes));
    channel.on("error", (error) => this.#lose(error.message));
    channel.on("end", () => this.#lose("the agent has ended"));
    channel.on("close", () => this.#lose("the connection was closed"));
  }

  /** @throws ConnectionLostError */
  static async open(
    channel: Duplex,
    options: AgentOptions,
  ): Promise<{ session: AgentSession; greeting: Greeting }> {
    const session = new AgentSession(channel);
    const { root, stateDirectories, supervisorSocket } = options;
    const known = ["root", root, "state", stateDirectories.join("\n"), "socket", supervisorSocket];
    await session.#send(encodeFrame("H", fields(VERSION, ...known)));
    const { body } = await session.#next(({ type }) => type === "h");
    return { session, greeting: greetingOf(body) };
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** What is in the directory now, with hashes. */
  async list(): Promise<Listing> {
    this.#list = [];
    await this.#send(encodeFrame("L"));
    await this.#next(({ type }) => type === "e");
    return listingOf(Buffer.concat(this.#list));
  }

  /**
   * Sends a set of changes and has it committed: all of it, or nothing. Sets follow each other; no answer is waited
   * for but the last.
   *
   * @throws ConnectionLostError: then whether it was committed is told by the greeting of the next session. And what
   *   reading a file says: then nothing has changed there.
   */
  async sync(set: SyncSet): Promise<SyncOutcome> {
    const { revision, plan, restart } = set;
    const before = this.#bytesSent;
    await this.#send(encodeFrame("B", revision));
    for (const operation of plan.operations) {
      await this.#send(encodeFrame("O", operationFields(operation)));
      if (operation.type === "put" && operation.from === undefined)
        for await (const frame of contentFrames(operation, set)) await this.#send(frame);
    }
    const answer = this.#next(({ type, body }) => type === "a" && firstOf(body) === revision);
    await this.#send(commitFrame(revision, set, restart));
    return { ...outcomeOf((await answer).body), bytesSent: this.#bytesSent - before };
  }

  /** Resolves when the agent has answered. */
  async ping(): Promise<void> {
    await this.#send(encodeFrame("P"));
    await this.#next(({ type }) => type === "q");
  }

  close(): void {
    this.#channel.end();
    this.#lose("the session was closed");
    this.#channel.destroy();
  }

  async #send(bytes: Buffer): Promise<void> {
    if (this.#lost) throw this.#lost;
    this.#bytesSent += bytes.length;
    if (this.#channel.write(bytes)) return;
    const stop = new AbortController();
    const isOver = () => stop.abort();
    this.#channel.once("close", isOver);
    try {
      await once(this.#channel, "drain", { signal: stop.signal });
    } catch {
      throw this.#lost ?? new ConnectionLostError("the connection was closed");
    } finally {
      this.#channel.off("close", isOver);
    }
  }

  #next(isFor: Waiting["isFor"]): Promise<Frame> {
    if (this.#lost) return Promise.reject(this.#lost);
    const answer = new Promise<Frame>((resolve, reject) => this.#waiting.push({ isFor, resolve, reject }));
    // It may be lost while something is still being sent.
    answer.catch(() => undefined);
    return answer;
  }

  #take(bytes: Buffer): void {
    try {
      for (const frame of this.#decoder.push(bytes)) this.#deliver(frame);
    } catch (error) {
      this.#lose((error as Error).message);
      this.#channel.destroy();
    }
  }

  #deliver(frame: Frame): void {
    if (frame.type === "l") return void this.#list.push(Buffer.from(frame.body));
    if (frame.type === "x") return this.#lose(`the agent gave up: ${frame.body.toString().trim()}`);
    const waiting = this.#waiting.find(({ isFor }) => isFor(frame));
    if (!waiting) return;
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
    waiting.resolve(frame);
  }

  #lose(why: string): void {
    if (this.#lost) return;
    this.#lost = new ConnectionLostError(why);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#lost);
  }
}

const firstOf = (body: Buffer): string => body.toString("utf8").split("\0")[0]!;

function greetingOf(body: Buffer): Greeting {
  const [, instanceGuid = "", revision = "", treeHash = "", freeKiB = "", committedIn = ""] = body
    .toString("utf8")
    .split("\0");
  const freeBytes = freeKiB === "" ? undefined : Number(freeKiB) * 1024;
  return { instanceGuid, revision, treeHash, committedIn, freeBytes };
}

function operationFields(operation: Operation): string {
  const { type, path } = operation;
  if (type === "makeDirectory") return fields("mkdir", path);
  if (type === "removeDirectory") return fields("rmdir", path);
  if (type === "remove") return fields("unlink", path);
  if (type === "chmod") return fields("chmod", path, operation.mode.toString(8));
  if (type === "link") return fields("link", path, operation.target);
  const { mode, size, hash } = operation.entry;
  return fields("put", path, mode.toString(8), size, hash, operation.from ?? "");
}

function commitFrame(revision: string, { plan }: SyncSet, restart: RestartPolicy): Buffer {
  const head = Buffer.from(fields(revision, plan.treeHash, ...restartFields(restart)));
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(head.length);
  return encodeFrame("K", Buffer.concat([length, head, Buffer.from([...plan.tree.keys()].join("\0"))]));
}

function restartFields(restart: RestartPolicy): (string | number)[] {
  const mode = ["mode", restart.mode];
  if (restart.mode === "None") return mode;
  if (restart.mode === "Command") return [...mode, "command", restart.command.join("\u0001")];
  const { port, path, timeoutSeconds } = restart.readiness ?? {};
  const how = ["signal", restart.signal, "grace", restart.graceSeconds];
  return [...mode, ...how, "port", port ?? "", "path", path ?? "", "timeout", timeoutSeconds ?? ""];
}

function outcomeOf(body: Buffer): Outcome {
  const [, result, first = "", second = "", third = ""] = body.toString("utf8").split("\0");
  switch (result) {
    case "ready":
      return { result, pid: Number(first) };
    case "notready":
      return { result, pid: Number(first), output: third };
    case "crashed":
      return { result, exit: second, output: third };
    case "superseded":
      return { result, by: second };
    case "ok":
    case "unsupervised":
      return { result };
    default:
      return { result: "failed", message: first };
  }
}
