import { readFileSync, statSync, type Stats } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** What is there while git rewrites the files of a working tree, below its git directory. */
const SIGNS = ["index.lock", "rebase-merge", "rebase-apply"];
/** A sign that is older than this was left behind by a git that crashed, or by somebody who thinks about a conflict. */
export const LONGEST_HOLD_MS = 60_000;
/** Git writes the index when the files are done. `git commit -a` keeps it so while a message is being written. */
const WRITTEN_MS = 1000;

/** Something that git has begun and not ended. */
export interface GitSign {
  /** Absolute path of the file or directory that says so. */
  readonly path: string;
  /** Whether it has been there for so long that nobody should wait for it. */
  readonly isStale: boolean;
}

/** Tells whether git is rewriting the files around a directory right now: a checkout, a rebase, a stash. */
export class GitLock {
  readonly #directory: string;
  #gitDirectory: string | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The newest sign, if there is any. */
  get sign(): GitSign | undefined {
    this.#gitDirectory ??= gitDirectoryOf(this.#directory);
    const signs = SIGNS.map((name) => this.#look(name)).filter((sign) => sign !== undefined);
    return signs.find(({ isStale }) => !isStale) ?? signs[0];
  }

  #look(name: string): GitSign | undefined {
    if (this.#gitDirectory === undefined) return undefined;
    const path = join(this.#gitDirectory, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats || isWritten(stats)) return undefined;
    return { path, isStale: ageMsOf(stats) > LONGEST_HOLD_MS };
  }
}

const ageMsOf = ({ mtimeMs }: Stats): number => Date.now() - mtimeMs;

const isWritten = (stats: Stats): boolean => stats.isFile() && stats.size > 0 && ageMsOf(stats) > WRITTEN_MS;

/** In a worktree or a submodule, `.git` is a file that says where the directory is. */
function gitDirectoryOf(directory: string): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    const path = join(at, ".git");
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) return path;
    if (stats?.isFile()) return resolve(at, pointedAt(path));
    if (at === dirname(at)) return undefined;
  }
}

const pointedAt = (file: string): string =>
  readFileSync(file, "utf8")
    .replace(/^gitdir:\s*/, "")
    .trim();
