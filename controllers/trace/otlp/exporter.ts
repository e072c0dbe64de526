import { Backoff, silentLog, type Log } from "../../../client/index.ts";
import type { Trace } from "../trace.ts";
import type { OtlpConfig } from "./config.ts";
import { exportRequestOf, spansOf, type OtlpSpan } from "./encode.ts";

/** Spans that may wait to be sent; beyond it the oldest go. */
const MAX_WAITING = 2_048;
/** Spans in one request. */
const MAX_BATCH = 512;
const DELAY_MS = 1_000;
/** How long the end of the server may be held up by spans that are still to be sent. */
const LAST_MS = 2_000;
/** What may be tried again, by the specification of OTLP. */
const RETRYABLE = [429, 502, 503, 504];

/** Sends spans in batches, beside everything else: nobody waits for it, and nothing fails by it. */
export class SpanExporter {
  readonly #config: OtlpConfig;
  readonly #log: Log;
  readonly #backoff = new Backoff({ initialMs: DELAY_MS, maxMs: 30_000 });
  #waiting: OtlpSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #isClosed = false;
  /** What went wrong last, so that it is said once. */
  #problem: string | undefined;
  #dropped = 0;

  constructor(config: OtlpConfig, log: Log = silentLog) {
    this.#config = config;
    this.#log = log;
  }

  /** Of its address only what holds no credentials. */
  get #collector(): string {
    return new URL(this.#config.url).host;
  }

  /** How many spans were given up. */
  get dropped(): number {
    return this.#dropped;
  }

  add(trace: Trace): void {
    if (this.#isClosed) return;
    this.#waiting.push(...spansOf(trace));
    this.#shorten();
    this.#arm(DELAY_MS);
  }

  /** Sends what waits, as far as that is quickly done, and takes no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const signal = AbortSignal.timeout(LAST_MS);
    await this.#sending;
    while (this.#waiting.length > 0 && !signal.aborted && (await this.#sendBatch(signal)) === "sent");
    this.#drop(this.#waiting.splice(0).length);
  }

  #shorten(): void {
    this.#drop(this.#waiting.splice(0, Math.max(0, this.#waiting.length - MAX_WAITING)).length);
  }

  #drop(count: number): void {
    this.#dropped += count;
  }

  #arm(delayMs: number): void {
    if (this.#timer || this.#sending || this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sending = this.#send().then((nextMs) => {
        this.#sending = undefined;
        if (this.#waiting.length > 0) this.#arm(nextMs);
      });
    }, delayMs);
    this.#timer.unref();
  }

  /** @returns how long to wait before the next batch. */
  async #send(): Promise<number> {
    const result = await this.#sendBatch(AbortSignal.timeout(this.#config.timeoutMs));
    return result === "retry" ? this.#backoff.nextMs() : 0;
  }

  async #sendBatch(signal: AbortSignal): Promise<"sent" | "retry" | "refused"> {
    const batch = this.#waiting.splice(0, MAX_BATCH);
    const problem = await this.#post(batch, signal);
    if (!problem) {
      this.#backoff.reset();
      if (this.#problem !== undefined)
        this.#log.info({ collector: this.#collector }, "traces are exported again");
      this.#problem = undefined;
      return "sent";
    }
    this.#complain(problem.text);
    if (!problem.isTemporary) {
      this.#drop(batch.length);
      return "refused";
    }
    this.#waiting.unshift(...batch);
    this.#shorten();
    return "retry";
  }

  /** Once for each kind of failure: it happens again and again. */
  #complain(text: string): void {
    if (this.#problem === text) return;
    this.#problem = text;
    this.#log.warn({ collector: this.#collector, problem: text }, "traces cannot be exported");
  }

  async #post(batch: readonly OtlpSpan[], signal: AbortSignal): Promise<Problem | undefined> {
    const { url, headers, resource } = this.#config;
    const body = JSON.stringify(exportRequestOf(batch, resource));
    try {
      const init = {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body,
        signal,
      };
      const response = await fetch(url, init);
      const answer = await response.text();
      if (response.ok) return rejectedBy(answer);
      return { text: `HTTP ${response.status}`, isTemporary: RETRYABLE.includes(response.status) };
    } catch (error) {
      return { text: reasonOf(error), isTemporary: true };
    }
  }
}

interface Problem {
  text: string;
  isTemporary: boolean;
}

/** A collector may take some of the spans and refuse the others; those are not to be sent again. */
function rejectedBy(answer: string): Problem | undefined {
  const [, count] = /"rejectedSpans"\s*:\s*"?(\d+)/.exec(answer) ?? [];
  return Number(count) > 0
    ? { text: "the collector refused some of the spans", isTemporary: false }
    : undefined;
}

/** Without the address: it may hold credentials. */
function reasonOf(error: unknown): string {
  const { cause, name } = error as Error & { cause?: { code?: string } };
  return cause?.code ?? name;
}
