import { durationOf } from "../../apis/duration.ts";
import { say } from "../cli/io.ts";
import { sanitize } from "../cli/sanitize.ts";
import type { Target } from "../verdict/target.ts";
import type { Verdict } from "../verdict/verdict.ts";

const EVERY_MS = 10_000;
const MOST_NAMED = 5;

/** Says now and then what is waited for, and why: silence looks like a hang. */
export class Progress {
  #last: Verdict | undefined;
  readonly #beganMs = Date.now();
  readonly #timer: NodeJS.Timeout;

  constructor(everyMs = EVERY_MS) {
    this.#timer = setInterval(() => this.#tell(), everyMs);
    this.#timer.unref();
  }

  look(verdict: Verdict): void {
    this.#last = verdict;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tell(): void {
    if (this.#last) say(progressLine(this.#last.targets, Date.now() - this.#beganMs));
  }
}

const MOST_CHARACTERS = 80;

const shortened = (message: string): string =>
  message.length > MOST_CHARACTERS ? `${message.slice(0, MOST_CHARACTERS - 1)}…` : message;

/** `20s: waiting for api:build (the build runs), db (not ready) and 3 more` */
export function progressLine(targets: readonly Target[], elapsedMs: number): string {
  const open = targets.filter(({ state }) => !["good", "idle", "disabled"].includes(state));
  const named = open.slice(0, MOST_NAMED).map(({ name, message }) => `${name} (${shortened(message)})`);
  const more = open.length > MOST_NAMED ? ` and ${open.length - MOST_NAMED} more` : "";
  const elapsed = durationOf(Math.round(elapsedMs / 1000) * 1000);
  return sanitize(`── ${elapsed}: waiting for ${named.join(", ") || "nothing more"}${more}`);
}
