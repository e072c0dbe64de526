import { isAbsolute, relative, resolve, sep } from "node:path";
import { millisecondsOf } from "../../apis/duration.ts";
import type { FileWatchSpec } from "../../apis/v1alpha1/index.ts";
import { LONGEST_DELAY_MS } from "../runtime/index.ts";
import type { MonitorSpec } from "./engine/monitor.ts";

const MAX_MS = 2000;
/** Looking at files more often than this is all that a machine would do. */
const MIN_POLL_MS = 10;

/**
 * The spec with everything resolved.
 *
 * @param home - The root of the namespace.
 * @param unwatched - A directory that never counts: tiltish writes into it whenever it sees a change.
 */
export function monitorSpecOf(spec: FileWatchSpec, home: string, unwatched?: string): MonitorSpec {
  const { glob, paths, ignoreFiles, debounce, poll } = spec;
  const root = resolve(home, spec.root ?? ".");
  const ignores = [...(spec.ignores ?? []), ...ignoreLineFor(root, unwatched)];
  return {
    glob,
    paths,
    ignores: ignores.length > 0 ? ignores : undefined,
    ignoreFiles,
    root,
    defaultIgnores: spec.defaultIgnores ?? true,
    onlyContentChanges: spec.onlyContentChanges ?? true,
    quietMs: delayOf(debounce?.quiet),
    maxMs: delayOf(debounce?.max) ?? MAX_MS,
    pollMs: poll === undefined ? undefined : Math.max(MIN_POLL_MS, delayOf(poll) ?? MIN_POLL_MS),
  };
}

function ignoreLineFor(root: string, directory: string | undefined): string[] {
  if (directory === undefined) return [];
  const path = relative(root, directory);
  const isBelow = path !== "" && path !== ".." && !path.startsWith(`..${sep}`) && !isAbsolute(path);
  // As in a .gitignore, what has a meaning there is escaped.
  return isBelow
    ? [
        `/${path
          .split(sep)
          .join("/")
          .replace(/[\\*?[\]!# ]/g, "\\$&")}/`,
      ]
    : [];
}

function delayOf(duration: string | undefined): number | undefined {
  const ms = millisecondsOf(duration ?? "");
  return ms === undefined ? undefined : Math.min(ms, LONGEST_DELAY_MS);
}
