import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { defaultIgnoredParts } from "./default-ignores.ts";
import { IgnoreRules, linesOf } from "./ignore-rules.ts";
import { below, targetsOf, type Target } from "./targets.ts";

export interface FilterSpec {
  glob?: string;
  paths?: string[];
  ignores?: string[];
  ignoreFiles?: string[];
  defaultIgnores: boolean;
}

/** Decides which files are watched, and which directories are entered to find them. Paths are absolute. */
export class Filter {
  readonly targets: readonly Target[];
  readonly root: string;
  readonly #spec: FilterSpec;
  readonly #rules: IgnoreRules[];

  constructor(root: string, spec: FilterSpec) {
    this.root = root;
    this.#spec = spec;
    this.targets = targetsOf(root, spec);
    this.#rules = (spec.ignoreFiles ?? []).map((file) => readRules(resolve(root, file)));
    if (spec.ignores?.length) this.#rules.push(new IgnoreRules(root, spec.ignores));
  }

  /** Whether a change of this file is reported. */
  file(path: string): boolean {
    return this.targets.some((target) => {
      const inside = below(target.path, path);
      return inside !== undefined && target.covers(inside) && !this.#ignored(path, target, "");
    });
  }

  /** Whether files that are reported may lie in this directory, or a target lies at the end of this way. */
  enters(path: string): boolean {
    return this.targets.some((target) => {
      if (below(path, target.path) !== undefined) return true;
      const inside = below(target.path, path);
      if (inside === undefined || !target.enters(inside)) return false;
      return !this.#ignored(path, target, "/") || this.#rules.some((rules) => reaches(rules, path));
    });
  }

  /** Whether the coming and going of this directory is itself a change. */
  reportsDirectory(path: string): boolean {
    return this.targets.some(
      (target) => target.named && below(target.path, path) && !this.#ignored(path, target, "/"),
    );
  }

  #ignored(path: string, target: Target, slash: "" | "/"): boolean {
    let ignored = this.#spec.defaultIgnores && this.#ignoredByDefault(path, target);
    for (const rules of this.#rules) {
      // Lines cannot speak of what lies outside their directory; there they see the path from the target on.
      const inside =
        below(rules.base, path) ?? (rules.base === this.root ? below(target.path, path) : undefined);
      if (inside) ignored = rules.decide(inside + slash, ignored);
    }
    return ignored;
  }

  /** A path that the spec names is wanted, whatever it is called; only what is below it is judged. */
  #ignoredByDefault(path: string, target: Target): boolean {
    const parts = defaultIgnoredParts(below(target.path, path) ?? "");
    if (parts.length === 0) return false;
    const start = below(this.root, target.path);
    const full = (part: string) => (start ? `${start}/${part}` : part);
    return parts.some((part) => this.#rules.every((rules) => rules.decide(`${full(part)}/`, true)));
  }
}

function reaches(rules: IgnoreRules, path: string): boolean {
  const inside = below(rules.base, path);
  return inside !== undefined && rules.reaches(inside);
}

function readRules(file: string): IgnoreRules {
  try {
    return new IgnoreRules(dirname(file), linesOf(file, textOf(file)));
  } catch {
    return new IgnoreRules(dirname(file), []); // missing: nothing is ignored until it appears
  }
}

/** What is no file has no lines; a pipe by that name is not waited for. */
function textOf(file: string): string {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return fstatSync(descriptor).isFile() ? readFileSync(descriptor, "utf8") : "";
  } finally {
    closeSync(descriptor);
  }
}

/** A path as it is shown to people: relative to the root, with slashes. */
export function shownPath(root: string, path: string): string {
  const inside = below(root, path) ?? relative(root, path);
  return sep === "/" ? inside || "." : inside.replaceAll(sep, "/") || ".";
}
