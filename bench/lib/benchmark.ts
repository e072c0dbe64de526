import type { Case } from "./stats.ts";

export interface Settings {
  /** Fewer rounds, for a first look. */
  quick: boolean;
  /** A new directory, removed at the end. */
  directory(name: string): string;
  /** What goes on, for whoever waits. */
  tell(text: string): void;
}

/** One promise of the design, and how it is measured. */
export interface Benchmark {
  name: string;
  promise: string;
  goal: string;
  measure(settings: Settings): Promise<Case[]>;
}
