import type { Cause } from "../../../apis/v1alpha1/index.ts";

/** Something that may have changed here. */
export interface Change {
  /** Relative to the root; undefined if it is not known which: then everything is looked at. */
  readonly paths: readonly string[] | undefined;
  /** Where it comes from; undefined for a look that nobody has asked for. */
  readonly cause?: Cause | undefined;
}

/** What somebody has asked for. */
export interface Ask {
  readonly cause: Cause;
  /** Value of the annotation, which the status repeats once it is done. */
  readonly trigger?: string | undefined;
}

/** What is to be looked at in one go. */
export interface Taken {
  readonly paths: readonly string[] | undefined;
  readonly cause: Cause | undefined;
  readonly ask: Ask | undefined;
  readonly firstMs: number;
}

const MAX_PATHS = 1000;

/** Collects what comes in, until it is quiet or has waited for long enough. */
export class Inbox {
  #paths: Set<string> | undefined = new Set();
  #cause: Cause | undefined;
  #ask: Ask | undefined;
  #firstMs: number | undefined;
  #lastMs = 0;

  add({ paths, cause }: Change, nowMs = Date.now()): void {
    this.#firstMs ??= nowMs;
    this.#lastMs = nowMs;
    this.#cause = cause ?? this.#cause;
    for (const path of paths ?? []) this.#paths?.add(path);
    if (!paths || (this.#paths?.size ?? 0) > MAX_PATHS) this.#paths = undefined;
  }

  /** Somebody who asks waits for nobody. */
  ask(ask: Ask, nowMs = Date.now()): void {
    this.#ask = ask;
    this.add({ paths: undefined, cause: ask.cause }, nowMs);
  }

  get isEmpty(): boolean {
    return this.#firstMs === undefined;
  }

  /** Of what has come in; undefined if it is not known which. */
  get paths(): readonly string[] | undefined {
    return this.#paths && [...this.#paths];
  }

  /** When the first of it came, in milliseconds since 1970. */
  get firstMs(): number {
    return this.#firstMs ?? Infinity;
  }

  /** When the last change came, taken or not. */
  get lastMs(): number {
    return this.#lastMs;
  }

  get asked(): Ask | undefined {
    return this.#ask;
  }

  /** Whether anything but a look of our own is in it. */
  get hasCause(): boolean {
    return this.#cause !== undefined;
  }

  /** When what is in it is to be taken, in milliseconds since 1970. */
  dueMs({ debounceMs, maxWaitMs }: { debounceMs: number; maxWaitMs: number }): number {
    if (this.#firstMs === undefined || this.#ask) return 0;
    return Math.min(this.#lastMs + debounceMs, this.#firstMs + Math.max(debounceMs, maxWaitMs));
  }

  take(): Taken {
    const firstMs = this.#firstMs ?? Date.now();
    const taken = { paths: this.#paths && [...this.#paths], cause: this.#cause, ask: this.#ask, firstMs };
    [this.#paths, this.#cause, this.#ask, this.#firstMs] = [new Set(), undefined, undefined, undefined];
    return taken;
  }

  /** What somebody asked for is done, or cannot be. */
  forgetAsk(): void {
    this.#ask = undefined;
  }

  /** What could not be done is to be done later, together with what has come meanwhile. */
  putBack({ paths, cause, ask, firstMs }: Taken): void {
    const [newerCause, newerAsk] = [this.#cause, this.#ask];
    this.add({ paths, cause: newerCause ?? cause });
    this.#ask = newerAsk ?? ask;
    this.#firstMs = Math.min(firstMs, this.#firstMs ?? firstMs);
  }
}
