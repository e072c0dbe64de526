interface Timer {
  atMs: number;
  order: number;
  run: () => void;
  /** Of the world: it goes off also when the server is dead. */
  isWorldly: boolean;
}

/** Time that passes only when it is told to. It takes the place of the timers of Node. */
export class SimClock {
  nowMs = 1_800_000_000_000;
  readonly #timers = new Set<Timer>();
  #order = 0;

  after(delayMs: number, run: () => void, isWorldly = true): () => void {
    const timer = { atMs: this.nowMs + Math.max(1, delayMs || 0), order: this.#order++, run, isWorldly };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** The server is dead: nothing that it wanted to do later happens. */
  dropTimersOfServer(): void {
    for (const timer of this.#timers) if (!timer.isWorldly) this.#timers.delete(timer);
  }

  /** Lets the next timer go off that is due until then. @returns Whether there was one. */
  step(untilMs: number): boolean {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (isBefore(timer, next)) next = timer;
    if (!next || next.atMs > untilMs) {
      this.nowMs = Math.max(this.nowMs, untilMs);
      return false;
    }
    this.#timers.delete(next);
    this.nowMs = Math.max(this.nowMs, next.atMs);
    next.run();
    return true;
  }

  /** Takes the place of the timers and clocks of Node until the answer is called. */
  install(): () => void {
    const { setTimeout, clearTimeout } = globalThis;
    const { now } = Date;
    const performanceNow = performance.now.bind(performance);
    const cancels = new WeakMap<object, () => void>();
    const simulated = (run: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]) => {
      const handle = { unref: () => handle, ref: () => handle };
      cancels.set(
        handle,
        this.after(delayMs, () => run(...args), false),
      );
      return handle;
    };
    Object.assign(globalThis, {
      setTimeout: simulated,
      clearTimeout: (handle?: object) => handle && cancels.get(handle)?.(),
    });
    Date.now = () => this.nowMs;
    performance.now = () => this.nowMs;
    return () => {
      Object.assign(globalThis, { setTimeout, clearTimeout });
      Date.now = now;
      performance.now = performanceNow;
    };
  }
}

const isBefore = (timer: Timer, other: Timer | undefined): boolean =>
  !other || timer.atMs < other.atMs || (timer.atMs === other.atMs && timer.order < other.order);
