import type { ServerResponse } from "node:http";
import type { Authority, Identity } from "../auth/index.ts";
import { tooManyRequests } from "./errors.ts";
import type { Limits } from "./limits.ts";
import { cutOff, isGone } from "./protocol.ts";

/** Counts what is being answered, and ends with the server what has no end of its own: watches, followed logs. */
export class Traffic {
  readonly #limits: Limits;
  readonly #authority: Authority;
  /** With the timer that ends an answer which is not read. */
  readonly #inFlight = new Map<ServerResponse, NodeJS.Timeout>();
  readonly #streams = new Set<AbortController>();
  #isClosed = false;

  constructor(limits: Limits, authority: Authority) {
    this.#limits = limits;
    this.#authority = authority;
  }

  /** @throws StatusError `TooManyRequests`. */
  enter(response: ServerResponse): void {
    if (this.#inFlight.size >= this.#limits.maxInFlight) {
      throw tooManyRequests("too many requests at once; try again");
    }
    const timer = setTimeout(() => cutOff(response), this.#limits.answerTimeoutMs).unref();
    this.#inFlight.set(response, timer);
    response.once("close", () => this.#leave(response));
  }

  #leave(response: ServerResponse): void {
    clearTimeout(this.#inFlight.get(response));
    this.#inFlight.delete(response);
  }

  /**
   * Makes a stream of an answer.
   *
   * @returns A signal that ends with the client's connection, with its token or with the server, and after `timeoutMs`.
   * @throws StatusError `TooManyRequests`.
   */
  openStream(response: ServerResponse, identity: Identity, timeoutMs?: number): AbortSignal {
    if (this.#streams.size >= this.#limits.maxWatches) {
      throw tooManyRequests("too many watches; end some of them first");
    }
    this.#leave(response);
    const controller = new AbortController();
    const end = () => controller.abort();
    const timer = timeoutMs === undefined ? undefined : setTimeout(end, timeoutMs).unref();
    const letGo = this.#authority.hold(identity, end);
    this.#streams.add(controller);
    response.once("close", end);
    controller.signal.addEventListener("abort", () => {
      clearTimeout(timer);
      letGo();
      this.#streams.delete(controller);
    });
    if (this.#isClosed || isGone(response)) end();
    return controller.signal;
  }

  /** Ends all streams; whoever writes them then ends the responses. */
  close(): void {
    this.#isClosed = true;
    for (const controller of this.#streams) controller.abort();
  }
}
