import ignore from "ignore";

/** What `cf push` leaves out of every app, whatever a `.cfignore` says. */
const DEFAULTS = [
  ".cfignore",
  ".DS_Store",
  ".git",
  ".gitignore",
  ".hg",
  ".svn",
  "_darcs",
  "manifest.yml",
  "manifest.yaml",
];

/** Longer lines are no patterns that a person wrote. */
const MAX_LINE = 1000;

/** Says which paths stay here; the same for a sync and for a push, or the two would undo each other's work. */
export interface Ignores {
  /** @param path - Relative to the root; a directory ends with `/`. What is below an ignored directory is not asked. */
  ignores(path: string): boolean;
}

/**
 * @param own - `spec.ignores`, as in a .gitignore.
 * @param cfignore - The text of the `.cfignore`, if it is there and honoured.
 */
export function ignoresOf(own: readonly string[], cfignore = ""): Ignores {
  const lines = [...DEFAULTS, ...cfignore.split(/\r?\n/), ...own].filter((line) => line.length <= MAX_LINE);
  const rules = ignore({ ignorecase: false }).add(lines);
  return { ignores: (path) => rules.ignores(path) };
}
