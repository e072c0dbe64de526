import { resolve, sep } from "node:path";
import picomatch from "picomatch";

/** One place that a spec asks for. */
export interface Target {
  /** Absolute: the file or directory named, or the directory in which a glob starts. */
  readonly path: string;
  /** Whether a file below `path` (relative to it, with `/`) is asked for. */
  covers(relative: string): boolean;
  /** Whether a directory below `path` can hold such files. */
  enters(relative: string): boolean;
  /** A named path means the directories in it too; a glob speaks of files only. */
  readonly named: boolean;
}

const MAX_PATTERN = 1000;

export function targetsOf(root: string, spec: { glob?: string; paths?: string[] }): Target[] {
  const targets = (spec.paths ?? []).map((path) => namedTarget(resolve(root, path)));
  return spec.glob ? [...targets, globTarget(root, spec.glob)] : targets;
}

const namedTarget = (path: string): Target => ({
  path,
  covers: () => true,
  enters: () => true,
  named: true,
});

function globTarget(root: string, glob: string): Target {
  if (glob.length > MAX_PATTERN) throw new Error(`glob is longer than ${MAX_PATTERN} characters`);
  const { base, glob: rest, isGlob, negated } = picomatch.scan(glob);
  if (!isGlob) return namedTarget(resolve(root, glob));
  // "!**/*.md" means all but these, and so starts at the root.
  const [start, pattern] = negated ? ["", glob] : [base, rest];
  const matches = picomatch(pattern, { nocase: process.platform === "win32" });
  const [depth, hidden] = [depthOf(pattern), mayNameHidden(pattern)];
  return {
    path: resolve(root, start),
    covers: (relative) => relative !== "" && matches(relative),
    enters: (relative) =>
      relative.split("/").length < depth &&
      (hidden || !(relative.startsWith(".") || relative.includes("/."))),
    named: false,
  };
}

/** How many segments a matching path has at most. */
const depthOf = (pattern: string): number =>
  /\*\*|[{}()!]/.test(pattern) ? Infinity : pattern.split("/").length;

/** Whether a segment of the pattern may begin with a dot; otherwise hidden directories hold nothing that matches. */
const mayNameHidden = (pattern: string): boolean => /(^|[/{(,|!\\])\.|[[\\]/.test(pattern);

/** `path` relative to `base` with slashes; nothing if it is not below it; empty if it is the same. */
export function below(base: string, path: string): string | undefined {
  if (path === base) return "";
  const prefix = base.endsWith(sep) ? base : base + sep;
  if (!path.startsWith(prefix)) return undefined;
  const relative = path.slice(prefix.length);
  return sep === "/" ? relative : relative.replaceAll(sep, "/");
}
