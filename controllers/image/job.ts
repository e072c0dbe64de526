import { PassThrough } from "node:stream";
import { LogWriter, nowMicro } from "../runtime/index.ts";
import type { Stage } from "./buildkit/stages.ts";
import { failureOf, ImageFailure } from "./failure.ts";
import type { Make, Made, Order, Outcome, Report } from "./work.ts";

export type Phase = "Checking" | "Queued" | "Building" | "Pushing";

export interface JobOptions {
  make: Make;
  order: Omit<Order, "signal" | "report">;
  /** Number of this build, should it come to one. */
  run: number;
  logDirectory: string;
  /** What it must wait for before it builds, or nothing. */
  acquire: () => string | undefined;
  onChange: () => void;
}

export type Result = { outcome: Outcome } | { failure: ImageFailure };

/** How often the stages of a build are told at most. */
const TELL_MS = 200;

/** One attempt to make an image. It looks whether there is anything to do, waits for its turn, builds and pushes. */
export class Job implements Report {
  readonly #options: JobOptions;
  readonly #abort = new AbortController();
  readonly #output = new PassThrough();
  #log: LogWriter | undefined;
  #wake: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  phase: Phase = "Checking";
  /** What it waits for while it is queued. */
  obstacle: string | undefined;
  stageList: Stage[] | undefined;
  startTime: string | undefined;
  made: Omit<Made, "refs"> | undefined;
  tried: string | undefined;
  result: Result | undefined;
  readonly done: Promise<void>;

  constructor(options: JobOptions) {
    this.#options = options;
    this.done = this.#run();
  }

  get cause(): Order["cause"] {
    return this.#options.order.cause;
  }

  get images(): Order["images"] {
    return this.#options.order.images;
  }

  get run(): number {
    return this.#options.run;
  }

  /** Whether it does more than to look. */
  get isBuilding(): boolean {
    return this.phase === "Building" || this.phase === "Pushing";
  }

  cancel(why: string): void {
    this.#abort.abort(new ImageFailure({ reason: "Canceled", message: why }));
    this.nudge();
  }

  /** Ends it without a word: tiltish ends. */
  leave(): void {
    this.#abort.abort();
    this.nudge();
  }

  /** Its turn may have come. */
  nudge(): void {
    this.#wake?.();
  }

  async begin(): Promise<void> {
    for (;;) {
      this.#abort.signal.throwIfAborted();
      const before = this.obstacle;
      this.obstacle = this.#options.acquire();
      if (this.obstacle === undefined) break;
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      // Who is told looks here again: the same once more would go on for ever.
      if (this.obstacle !== before) this.#to("Queued");
      await woken;
    }
    this.startTime = nowMicro();
    this.#log = new LogWriter({ directory: this.#options.logDirectory, run: this.run });
    this.#log.attach(this.#output, "stdout");
    this.#to("Building");
  }

  trying(inputs: string): void {
    this.tried = inputs;
  }

  pushing(): void {
    this.#to("Pushing");
  }

  // As properties, for they are handed on.
  readonly stages = (stages: Stage[]): void => {
    this.stageList = stages;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#options.onChange();
    }, TELL_MS);
  };

  readonly log = (text: string | Buffer): void => {
    this.#output.write(text);
  };

  built(made: Omit<Made, "refs">): void {
    this.made = made;
  }

  #to(phase: Phase): void {
    this.phase = phase;
    this.#options.onChange();
  }

  async #run(): Promise<void> {
    const { make, order } = this.#options;
    try {
      const outcome = await make({ ...order, signal: this.#abort.signal, report: this });
      this.result = { outcome };
    } catch (error) {
      const { signal } = this.#abort;
      this.result = { failure: failureOf(signal.aborted ? signal.reason : error) };
      if (this.#log) this.#log.note(this.result.failure.message.split("\n", 1)[0]!);
    }
    clearTimeout(this.#timer);
    this.#output.end();
    await this.#log?.close();
    this.#options.onChange();
  }
}
