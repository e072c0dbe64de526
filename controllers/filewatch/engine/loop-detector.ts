/** A batch of changes, as the detector needs to know it. */
export interface LoopEvent {
  readonly timeMs: number;
  readonly files: readonly string[];
  readonly modifiedMs: number;
  readonly traceparent: string;
}

/** A run of something that starts when the watch sees a change. */
export interface LoopRun {
  /** Name of what ran. */
  readonly name: string;
  /** Trace of the event that it ran for. */
  readonly traceparent: string;
  readonly startMs: number;
  /** Absent while it runs. */
  readonly finishMs?: number;
}

/** What was found to go round. */
export interface Loop {
  /** Name of what changes the files that make it run. */
  readonly culprit: string;
  readonly times: number;
  readonly seconds: number;
}

/** What to do with the event: let it through; let it through later than it came, to see what follows; or no more. */
export type LoopVerdict = "pass" | "hold" | "loop";

/** Events further apart than this have nothing to do with each other. */
const GAP_MS = 10_000;
/** So many within so long. A script that saves, waits for the effect, and saves again is a loop of its own making. */
const WINDOW_MS = 60_000;
const TIMES = 25;
/** The clock of a file system is this coarse, and a process is known to have ended only a little later. */
const SLACK_MS = 15;
/**
 * So many events that were held, and were still followed by the next one at the same place of the run. Fewer happen by
 * chance to somebody who saves, looks at what comes of it, and saves again.
 */
const PROOFS = 8;
const INNOCENT_MS = 30_000;

interface Link {
  readonly name: string;
  /** From the former event to this one. */
  readonly periodMs: number;
  /** From the start of the run that the former event caused to the change. */
  readonly offsetMs: number;
}

/**
 * Tells a watch that is triggered by the output of what it triggers from somebody who saves fast.
 *
 * Suspicious is: the same files, 25 times within a minute, each time written during the run that the former event
 * caused, and more regular from the start of that run than from one event to the next. Somebody who saves during builds
 * can look the same. So it is tried out: an event is held back for a while. Who saves anyway is innocent. Whose changes
 * come again and again just after the run that was started at a time which only we knew, is a loop.
 */
export class LoopDetector {
  #previous: LoopEvent | undefined;
  #links: Link[] = [];
  #proofs = 0;
  #held = false;
  #innocentUntilMs = 0;

  /** Whether the runs of those who use the watch are of interest for the next event. */
  isRepeat(event: Pick<LoopEvent, "files" | "timeMs">): boolean {
    const before = this.#previous;
    return (
      before !== undefined && event.timeMs - before.timeMs < GAP_MS && sameFiles(event.files, before.files)
    );
  }

  /** Whether the next event may be held back. */
  get isSuspicious(): boolean {
    if (this.#proofs > 0) return true;
    const recent = this.#links.slice(1 - TIMES);
    if (recent.length < TIMES - 1) return false;
    if (sum(recent.map(({ periodMs }) => periodMs)) > WINDOW_MS) return false;
    // Who saves by a clock of his own is regular from save to save; a run is, from its start to its output.
    return spread(recent.map(({ offsetMs }) => offsetMs)) <= spread(recent.map(({ periodMs }) => periodMs));
  }

  /** The turns so far. */
  get loop(): Loop {
    const lastedMs = sum(this.#links.map(({ periodMs }) => periodMs));
    return {
      culprit: this.#links.at(-1)?.name ?? "",
      times: this.#links.length,
      seconds: Math.ceil(lastedMs / 1000),
    };
  }

  /** Judges an event. It is held only if it was suspicious already before. */
  judge(event: LoopEvent, runs: readonly LoopRun[]): LoopVerdict {
    const link = this.#linkTo(event, runs);
    const proved = this.#held && link !== undefined && this.#isUsual(link);
    const doubtful = this.isSuspicious && event.timeMs >= this.#innocentUntilMs;
    this.#held = false;
    this.#previous = event;
    this.#links = link ? [...this.#links, link].slice(-TIMES * 2) : [];
    this.#proofs = link ? this.#proofs + (proved ? 1 : 0) : 0;
    if (this.#proofs >= PROOFS) return "loop";
    this.#held = doubtful && link !== undefined;
    return this.#held ? "hold" : "pass";
  }

  /** A change came while an event was held: nothing that we started made it. */
  acquit(nowMs: number): void {
    this.reset();
    this.#innocentUntilMs = nowMs + INNOCENT_MS;
  }

  /** A held event is passed on now. */
  released(event: LoopEvent): void {
    this.#previous = event;
  }

  reset(): void {
    this.#previous = undefined;
    [this.#links, this.#proofs, this.#held] = [[], 0, false];
  }

  /** Whether the change came as long after the start of its run as others did. */
  #isUsual({ offsetMs }: Link): boolean {
    const offsets = this.#links.map((link) => link.offsetMs);
    return offsetMs >= Math.min(...offsets) - SLACK_MS && offsetMs <= Math.max(...offsets) + SLACK_MS;
  }

  #linkTo(event: LoopEvent, runs: readonly LoopRun[]): Link | undefined {
    const before = this.#previous;
    if (!before || !this.isRepeat(event) || event.modifiedMs === 0) return undefined;
    const run = runs.find(
      ({ traceparent, startMs, finishMs = Infinity }) =>
        traceIdOf(traceparent) === traceIdOf(before.traceparent) &&
        event.modifiedMs >= startMs - SLACK_MS &&
        event.modifiedMs <= finishMs + SLACK_MS,
    );
    if (!run) return undefined;
    return {
      name: run.name,
      periodMs: event.timeMs - before.timeMs,
      offsetMs: event.modifiedMs - run.startMs,
    };
  }
}

const sameFiles = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((file, at) => file === b[at]);

/** The part of a `traceparent` that all spans of a trace share. */
const traceIdOf = (traceparent: string): string => traceparent.split("-")[1] ?? "";

const sum = (numbers: number[]): number => numbers.reduce((total, one) => total + one, 0);

const spread = (numbers: number[]): number => Math.max(...numbers) - Math.min(...numbers);

/** A line for `spec.ignores` that takes these files out: their own path, or a directory that holds all of them. */
export function ignoreLineFor(files: readonly string[]): string {
  const [first = "", ...others] = files;
  if (others.length === 0) return `/${first}`;
  const parts = first.split("/").slice(0, -1);
  while (parts.length > 0 && !others.every((file) => file.startsWith(`${parts.join("/")}/`))) parts.pop();
  return parts.length > 0 ? `/${parts.join("/")}/` : files.map((file) => `/${file}`).join(", ");
}
