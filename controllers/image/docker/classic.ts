import { nowMicro } from "../../runtime/index.ts";
import type { Stage } from "../buildkit/stages.ts";

/** Collects the same from the output of the classic builder, which is text for people. */
export class ClassicProgress {
  readonly #stages: Stage[] = [];
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  get stages(): Stage[] {
    return this.#stages.map((stage) => ({ ...stage }));
  }

  take(text: string): void {
    this.#write(text);
    const step = /^Step \d+\/\d+ : (.*)/.exec(text);
    if (step) this.#begin(step[1]!);
    else if (text.startsWith(" ---> Using cache")) this.#last({ cached: true });
  }

  /** Nothing more comes. */
  finish(error?: string): void {
    this.#last({ finishTime: nowMicro(), ...(error !== undefined && { error: error.slice(0, 1_000) }) });
  }

  #begin(name: string): void {
    this.#last({ finishTime: nowMicro() });
    this.#stages.push({ name: name.trim().slice(0, 300), cached: false, startTime: nowMicro() });
  }

  #last(more: Partial<Stage>): void {
    const last = this.#stages.at(-1);
    if (last) Object.assign(last, more);
  }
}
