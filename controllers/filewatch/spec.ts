import { resolve } from "node:path";
import { millisecondsOf } from "../../apis/duration.ts";
import type { FileWatchSpec } from "../../apis/v1alpha1/index.ts";
import { LONGEST_DELAY_MS } from "../runtime/index.ts";
import type { MonitorSpec } from "./engine/monitor.ts";

const MAX_MS = 2000;
/** Looking at files more often than this is all that a machine would do. */
const MIN_POLL_MS = 10;

/** The spec with everything resolved. `root` is the root of the namespace. */
export function monitorSpecOf(spec: FileWatchSpec, root: string): MonitorSpec {
  const { glob, paths, ignores, ignoreFiles, debounce, poll } = spec;
  return {
    glob,
    paths,
    ignores,
    ignoreFiles,
    root: resolve(root, spec.root ?? "."),
    defaultIgnores: spec.defaultIgnores ?? true,
    onlyContentChanges: spec.onlyContentChanges ?? true,
    quietMs: delayOf(debounce?.quiet),
    maxMs: delayOf(debounce?.max) ?? MAX_MS,
    pollMs: poll === undefined ? undefined : Math.max(MIN_POLL_MS, delayOf(poll) ?? MIN_POLL_MS),
  };
}

function delayOf(duration: string | undefined): number | undefined {
  const ms = millisecondsOf(duration ?? "");
  return ms === undefined ? undefined : Math.min(ms, LONGEST_DELAY_MS);
}
