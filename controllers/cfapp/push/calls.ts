import { setTimeout as wait } from "node:timers/promises";
import { type CloudController, PlatformError } from "../cf/index.ts";
import type { HttpAnswer, HttpRequest } from "../cf/http.ts";

/** Times that a request is sent again after the platform has failed; never one that makes something. */
const RETRIES = 2;
const RETRY_MS = 500;
const LOST = new Set(["ECONNRESET", "EPIPE", "ECONNREFUSED"]);
/** Times that one waits because it was asked to. */
const MAX_WAITS = 10;
const MAX_WAIT_MS = 60_000;
const [FIRST_POLL_MS, LAST_POLL_MS] = [250, 500];

/** The calls of one deploy: patient, and over when the deploy is. */
export class Calls {
  readonly #cc: CloudController;
  readonly #signal: AbortSignal;
  readonly warnings = new Set<string>();

  constructor(cc: CloudController, signal: AbortSignal) {
    [this.#cc, this.#signal] = [cc, signal];
  }

  get cc(): CloudController {
    return this.#cc;
  }

  get signal(): AbortSignal {
    return this.#signal;
  }

  async get<T>(path: string): Promise<T> {
    return JSON.parse((await this.send(path)).body) as T;
  }

  /** Sends JSON. @returns what is answered. */
  async json<T>(method: "POST" | "PATCH", path: string, value?: unknown): Promise<T> {
    const headers = { "content-type": "application/json" };
    const { body } = await this.send(path, { method, headers, body: JSON.stringify(value ?? {}) });
    return (body ? JSON.parse(body) : undefined) as T;
  }

  /** @throws PlatformError, AuthError, what the network says, or why it was given up. */
  async send(path: string, request: HttpRequest = {}): Promise<HttpAnswer> {
    const mayRepeat = request.method !== "POST";
    for (let failures = 0, waits = 0; ;) {
      this.#signal.throwIfAborted();
      const answer = await this.#exchange(path, request, mayRepeat && failures < RETRIES);
      if (!answer) {
        await this.rest(RETRY_MS * ++failures);
        continue;
      }
      this.#warn(answer.headers["x-cf-warnings"]);
      if (answer.status === 429 && waits++ < MAX_WAITS)
        await this.rest(waitOf(answer.headers["retry-after"]));
      else if (answer.status >= 500 && mayRepeat && failures++ < RETRIES)
        await this.rest(RETRY_MS * failures);
      else return this.#cc.accepted(answer, path);
    }
  }

  /** Undefined if the connection was lost and one may ask again: one that was kept may be closed just then. */
  async #exchange(path: string, request: HttpRequest, mayRepeat: boolean): Promise<HttpAnswer | undefined> {
    try {
      return await this.#cc.exchange(path, { ...request, signal: this.#signal });
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (mayRepeat && LOST.has(code)) return undefined;
      throw error;
    }
  }

  /** Looks until there is something to say. */
  async poll<T>(look: () => Promise<T | undefined>): Promise<T> {
    for (let ms = FIRST_POLL_MS; ; ms = Math.min(LAST_POLL_MS, ms * 1.25)) {
      const found = await look();
      if (found !== undefined) return found;
      await this.rest(ms);
    }
  }

  rest(ms: number): Promise<void> {
    return wait(ms, undefined, { signal: this.#signal });
  }

  #warn(header: string | string[] | undefined): void {
    for (const text of (typeof header === "string" ? header : (header?.join() ?? "")).split(",")) {
      const warning = decoded(text.trim());
      if (warning && this.warnings.size < 100) this.warnings.add(warning);
    }
  }
}

/** @param header Seconds, or a date. */
function waitOf(header: string | string[] | undefined): number {
  const text = String(header ?? "1");
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Math.min(Math.max(Number.isNaN(ms) ? 1000 : ms, 100), MAX_WAIT_MS);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/** Says what a platform has refused, in the words of whoever asks. */
export const isRefusal = (error: unknown): error is PlatformError => error instanceof PlatformError;
