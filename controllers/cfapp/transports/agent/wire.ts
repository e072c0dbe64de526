import type { Duplex } from "node:stream";
import { once } from "node:events";
import { ConnectionLostError } from "../transport.ts";
import { type Frame, FrameDecoder } from "./frames.ts";

/** So much is sent at once, rather than each frame by itself. */
const PIECE_BYTES = 64 * 1024;
/** Whoever sends nothing for so long while an answer is due, or takes nothing, is not there any more. */
const PATIENCE_MS = 120_000;

interface Waiting {
  readonly isFor: (frame: Frame) => boolean;
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Frames to and from an agent. */
export class Wire {
  /** Resolves with the reason when it is lost, or was closed. */
  readonly closed: Promise<ConnectionLostError>;
  readonly #channel: Duplex;
  readonly #decoder = new FrameDecoder();
  readonly #onFrame: (frame: Frame) => void;
  readonly #patienceMs: number;
  #tellLost!: (error: ConnectionLostError) => void;
  #lost: ConnectionLostError | undefined;
  #waiting: Waiting[] = [];
  #toSend: Buffer[] = [];
  #bytesToSend = 0;
  #bytesSent = 0;

  /** @param onFrame - Takes what nobody waits for. */
  constructor(channel: Duplex, onFrame: (frame: Frame) => void, patienceMs = PATIENCE_MS) {
    [this.#channel, this.#onFrame, this.#patienceMs] = [channel, onFrame, patienceMs];
    this.closed = new Promise((resolve) => (this.#tellLost = resolve));
    channel.on("data", (bytes: Buffer) => this.#take(bytes));
    channel.on("error", (error) => this.#lose(error.message));
    channel.on("end", () => this.#lose("the agent has ended"));
    channel.on("close", () => this.#lose("the connection was closed"));
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** Of all frames until now. */
  get bytesSent(): number {
    return this.#bytesSent;
  }

  /** Sends a frame with those that follow, or at once if there are many. @throws ConnectionLostError */
  async add(frame: Buffer): Promise<void> {
    if (this.#lost) throw this.#lost;
    this.#bytesSent += frame.length;
    this.#bytesToSend += frame.length;
    this.#toSend.push(frame);
    if (this.#bytesToSend >= PIECE_BYTES) await this.flush();
  }

  /** Sends a frame, and what waits before it. @throws ConnectionLostError */
  async send(frame: Buffer): Promise<void> {
    await this.add(frame);
    await this.flush();
  }

  /** @throws ConnectionLostError */
  async flush(): Promise<void> {
    if (this.#lost) throw this.#lost;
    const bytes = Buffer.concat(this.#toSend.splice(0));
    this.#bytesToSend = 0;
    if (bytes.length === 0 || this.#channel.write(bytes)) return;
    const stop = new AbortController();
    const isOver = () => stop.abort();
    this.#channel.once("close", isOver);
    const timer = setTimeout(() => this.#giveUp(this.#patienceMs), this.#patienceMs);
    try {
      await once(this.#channel, "drain", { signal: stop.signal });
    } catch {
      throw this.#lost ?? new ConnectionLostError("the connection was closed");
    } finally {
      clearTimeout(timer);
      this.#channel.off("close", isOver);
    }
  }

  /**
   * The next frame of a kind, or the end of the connection; it ends, too, if nothing at all comes for too long.
   *
   * @param workMs - How long what is asked for may take without a word.
   */
  next(isFor: Waiting["isFor"], workMs = 0): Promise<Frame> {
    const answer = new Promise<Frame>((resolve, reject) => {
      if (this.#lost) return reject(this.#lost);
      const limitMs = this.#patienceMs + workMs;
      const timer = setTimeout(() => this.#giveUp(limitMs), limitMs);
      this.#waiting.push({ isFor, resolve, reject, timer });
    });
    // It may be lost while something is still being sent.
    answer.catch(() => undefined);
    return answer;
  }

  close(): void {
    this.#channel.end();
    this.#lose("the session was closed");
    this.#channel.destroy();
  }

  #take(bytes: Buffer): void {
    for (const { timer } of this.#waiting) timer.refresh();
    try {
      for (const frame of this.#decoder.push(bytes)) this.#deliver(frame);
    } catch (error) {
      this.#lose((error as Error).message);
      this.#channel.destroy();
    }
  }

  #deliver(frame: Frame): void {
    if (frame.type === "x") return this.#lose(`the agent gave up: ${frame.body.toString().trim()}`);
    const waiting = this.#waiting.find(({ isFor }) => isFor(frame));
    if (!waiting) return this.#onFrame(frame);
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
    clearTimeout(waiting.timer);
    waiting.resolve(frame);
  }

  #giveUp(limitMs: number): void {
    this.#lose(`the agent has not answered for ${limitMs / 1000} s`);
    this.#channel.destroy();
  }

  #lose(why: string): void {
    if (this.#lost) return;
    this.#lost = new ConnectionLostError(why);
    this.#tellLost(this.#lost);
    for (const { reject, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer);
      reject(this.#lost);
    }
  }
}
