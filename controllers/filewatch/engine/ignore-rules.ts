import ignore, { type Ignore } from "ignore";

/** Longer lines are no patterns that a person wrote, and cost too much to match. */
const MAX_LINE = 1000;
/** The library remembers every path it was asked about; with 100,000 files that is too much. */
const MAX_REMEMBERED = 2000;

const options = { ignorecase: process.platform !== "linux" };

interface Line {
  readonly rule: Ignore;
  readonly negative: boolean;
  /** Of an exception such as `!build/keep/**`: the directories on the way to what it names. */
  readonly way: readonly string[];
}

/**
 * Lines of one ignore file, relative to one directory. The last line that matches a path or a directory above it
 * decides. Unlike in git, an exception that names its way from the top (`!build/keep`) also works when one of the
 * directories on that way is ignored: that is what people expect, and what Docker does.
 */
export class IgnoreRules {
  readonly base: string;
  readonly #rules: Ignore;
  readonly #lines: Line[];
  readonly #exceptions: Line[];
  #memory: Ignore;
  #remembered = 0;

  constructor(base: string, lines: readonly string[]) {
    this.base = base;
    const usable = lines.filter((line) => line.length <= MAX_LINE && /^[^#]/.test(line.trim()));
    this.#rules = ignore(options).add(usable);
    this.#memory = this.#rules;
    this.#lines = usable.map(lineOf).toReversed();
    this.#exceptions = this.#lines.filter((line) => line.negative);
  }

  /** Whether the path (relative to `base`; a directory ends with `/`) is ignored, given what other rules said of it. */
  decide(path: string, ignored: boolean): boolean {
    if (this.#lines.length === 0) return ignored;
    const verdict = this.#test(path);
    if (verdict.unignored) return false;
    if (!verdict.ignored) return ignored && !this.#exceptions.some(({ rule }) => rule.ignores(path));
    if (this.#exceptions.length === 0) return true;
    const last = this.#lines.find(
      (line) => (!line.negative || line.way.length > 0) && line.rule.ignores(path),
    );
    return !last?.negative;
  }

  /** Whether an exception may name something below the directory, though the directory itself is ignored. */
  reaches(directory: string): boolean {
    const segments = directory.split("/").filter(Boolean);
    return this.#exceptions.some(
      ({ way }) => way.length > 0 && segments.every((segment, at) => at >= way.length || way[at] === segment),
    );
  }

  #test(path: string) {
    if (this.#remembered++ > MAX_REMEMBERED) {
      this.#memory = ignore(options).add(this.#rules); // shares the compiled patterns
      this.#remembered = 0;
    }
    return this.#memory.test(path);
  }
}

function lineOf(line: string): Line {
  const negative = line.startsWith("!");
  const pattern = negative ? line.slice(1) : line;
  return { rule: ignore(options).add(pattern), negative, way: negative ? wayOf(pattern) : [] };
}

/** The leading segments without wildcards, if the pattern is bound to the top directory. */
function wayOf(pattern: string): string[] {
  const trimmed = pattern.trimEnd().replace(/\/$/, "");
  if (!trimmed.includes("/")) return [];
  const segments = trimmed.replace(/^\//, "").split("/");
  const wild = segments.findIndex((segment) => /[*?[\\]/.test(segment));
  return wild < 0 ? segments : segments.slice(0, wild);
}

/**
 * A file of Docker's kind means its patterns from the top directory, where git means a plain name at any depth.
 */
export function linesOf(fileName: string, text: string): string[] {
  const lines = text.split(/\r?\n/);
  return fileName.endsWith(".dockerignore") ? lines.map(anchored) : lines;
}

function anchored(line: string): string {
  const [, negation = "", pattern = ""] = /^(!?)(.*)$/.exec(line.trim()) ?? [];
  if (!pattern || pattern.startsWith("#") || pattern.startsWith("**")) return line;
  return `${negation}/${pattern.replace(/^\.?\//, "")}`;
}
