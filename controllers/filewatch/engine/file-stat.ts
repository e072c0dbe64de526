import { lstatSync, type Stats } from "node:fs";

/**
 * What tells one state of a file from the next without reading it. Times are milliseconds as doubles, which hold a
 * quarter of a microsecond: finer than the clock of any file system.
 */
export interface FileStat {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: number;
  readonly executable: boolean;
  readonly link: boolean;
}

/** A path as it is now; nothing if there is none. */
export function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // a parent became a file, or may not be read
  }
}

/** Sockets, pipes and devices are no files to watch. */
export const fileStatOf = (stats: Stats): FileStat | undefined =>
  stats.isFile() || stats.isSymbolicLink()
    ? {
        size: stats.size,
        mtimeMs: stats.mtimeMs,
        ctimeMs: stats.ctimeMs,
        ino: stats.ino,
        executable: stats.isFile() && (stats.mode & 0o111) !== 0,
        link: stats.isSymbolicLink(),
      }
    : undefined;

/** Nothing about the file differs that can be seen from outside. */
export const sameStat = (a: FileStat, b: FileStat): boolean =>
  a.ctimeMs === b.ctimeMs && sameButForCtime(a, b);

/** At most its metadata was touched: permissions, owner, number of hard links. */
export const sameButForCtime = (a: FileStat, b: FileStat): boolean =>
  a.size === b.size &&
  a.mtimeMs === b.mtimeMs &&
  a.ino === b.ino &&
  a.executable === b.executable &&
  a.link === b.link;

/** Tells a directory from another one that later has the same path, even if the file system reuses inode numbers. */
export const identityOf = (stats: Stats): string => `${stats.dev}:${stats.ino}:${stats.birthtimeMs}`;
