import type { Changes } from "./commit.ts";
import { shownPath } from "./filter.ts";

/** Files that changed together. */
export interface Batch {
  readonly time: Date;
  /** Relative to the root, with slashes, sorted. */
  readonly files: readonly string[];
  /** Newest modification time among them; 0 if all are gone. */
  readonly modifiedMs: number;
}

/** Holds back what a new watch sees until the old one has reported the same change, or has not. */
export class Handover {
  readonly #root: string;
  readonly #report: (batch: Batch) => void;
  readonly #reported = new Set<string>();
  #held: Changes[] | undefined = [];
  /** The one that takes over from this one. */
  successor: Handover | undefined;

  /** Paths are reported relative to `root`. */
  constructor(root: string, report: (batch: Batch) => void) {
    this.#root = root;
    this.#report = report;
  }

  changes({ paths, modifiedMs }: Changes): void {
    if (this.#held) {
      this.#held.push({ paths, modifiedMs });
      return;
    }
    this.successor?.except(paths);
    this.#pass(paths, modifiedMs);
  }

  /** The one before has reported these. */
  except(paths: readonly string[]): void {
    for (const path of paths) this.#reported.add(path);
  }

  takeOver(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { paths, modifiedMs } of held) {
      this.#pass(
        paths.filter((path) => !this.#reported.has(path)),
        modifiedMs,
      );
    }
    this.#reported.clear();
  }

  #pass(paths: readonly string[], modifiedMs: number): void {
    if (paths.length === 0) return;
    const files = [...new Set(paths.map((path) => shownPath(this.#root, path)))].toSorted();
    this.#report({ time: new Date(), files, modifiedMs });
  }
}
