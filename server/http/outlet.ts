import type { EventEmitter } from "node:events";
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { cutOff, isGone } from "./protocol.ts";

/** The way of a stream to its client: an answer of HTTP/1.1 or HTTP/2, or a WebSocket. */
export interface Outlet {
  /** Whether the client gets each write as a message of its own. */
  readonly hasMessages: boolean;
  readonly unsentBytes: number;
  readonly isClosed: boolean;
  /** Lets the client know at once that it has an answer (rule 84). Nothing is written before. */
  open(headers: OutgoingHttpHeaders): Promise<void>;
  /** Never waits: whoever writes looks at {@link unsentBytes}. */
  write(bytes: Buffer): void;
  /** Resolves when all has been sent, when nobody is there any more to read it, and when `signal` says so. */
  drained(signal: AbortSignal): Promise<void>;
  /** Ends it as a whole; who has not read the end after `graceMs` is cut off. */
  end(graceMs: number): void;
  /** Ends it in the middle, so that nobody takes it for a whole one. */
  cutOff(): void;
}

/** An answer that goes on and on. */
export class ResponseOutlet implements Outlet {
  readonly hasMessages = false;
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get unsentBytes(): number {
    return this.#response.writableLength;
  }

  get isClosed(): boolean {
    return isGone(this.#response);
  }

  open(headers: OutgoingHttpHeaders): Promise<void> {
    this.#response.writeHead(200, headers);
    this.#response.flushHeaders();
    return Promise.resolve();
  }

  write(bytes: Buffer): void {
    this.#response.write(bytes);
  }

  drained(signal: AbortSignal): Promise<void> {
    return settled(this.#response, signal);
  }

  end(graceMs: number): void {
    if (this.isClosed) return;
    this.#response.end();
    const late = setTimeout(() => this.cutOff(), graceMs).unref();
    this.#response.once("close", () => clearTimeout(late));
  }

  cutOff(): void {
    cutOff(this.#response);
  }
}

/** Resolves with the next `drain` or `close` of what is written to, or when `signal` says so. */
export function settled(target: EventEmitter, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      target.off("drain", settle);
      target.off("close", settle);
      signal.removeEventListener("abort", settle);
      resolve();
    };
    target.once("drain", settle);
    target.once("close", settle);
    signal.addEventListener("abort", settle);
    if (signal.aborted) settle();
  });
}
