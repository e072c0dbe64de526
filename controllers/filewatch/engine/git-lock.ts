import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** A lock older than this was left behind by a git that crashed. */
const STALE_MS = 60_000;

/** Tells whether git is rewriting the files around a directory right now: a checkout, a rebase, a stash. */
export class GitLock {
  readonly #lock: string | undefined;

  constructor(directory: string) {
    const gitDirectory = gitDirectoryOf(directory);
    this.#lock = gitDirectory && join(gitDirectory, "index.lock");
  }

  get held(): boolean {
    if (!this.#lock) return false;
    const stats = statSync(this.#lock, { throwIfNoEntry: false });
    return stats !== undefined && Date.now() - stats.mtimeMs < STALE_MS;
  }
}

/** In a worktree or a submodule, `.git` is a file that says where the directory is. */
function gitDirectoryOf(directory: string): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    const path = join(at, ".git");
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) return path;
    if (stats?.isFile())
      return resolve(
        at,
        readFileSync(path, "utf8")
          .replace(/^gitdir:\s*/, "")
          .trim(),
      );
    if (at === dirname(at)) return undefined;
  }
}
