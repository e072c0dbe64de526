import { StatusError } from "../../apis/errors.ts";
import { ConnectionError } from "../../client/http/index.ts";
import { say } from "../cli/io.ts";

/** A server that is being started again is back within this time. */
export const PATIENCE_MS = 60_000;

/** A time without a server, told once however many streams it breaks. */
export class Gap {
  readonly #tell: (text: string) => void;
  #isOpen = false;

  /** @param tell - Where it is told; nowhere for those who tell of the end of a server in words of their own. */
  constructor(tell: (text: string) => void = say) {
    this.#tell = tell;
  }

  lost(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#tell(`the server is gone; waiting up to ${PATIENCE_MS / 1000}s for it to come back`);
  }

  /** To be called with whatever comes. */
  heard(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#tell("the server is back");
  }
}

/** Whether it is the server that is not there, rather than what was asked for. */
export const isGone = (error: unknown): boolean =>
  error instanceof ConnectionError || (error instanceof StatusError && error.code >= 500);
