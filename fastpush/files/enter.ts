import { closeSync, constants, existsSync, lstatSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { namesOf, RefusedPathError } from "./names.ts";

/** Only names a directory, without reading it; Node has no name for it. */
const O_PATH = 0o10000000;
const FLAGS = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const DIRECTORY_MODE = 0o755;

/** Open directories have paths there, whatever becomes of the names that led to them. */
const OPEN_FILES = "/proc/self/fd";
const isHeldOpen = existsSync(OPEN_FILES);

export interface EnterOptions {
  /** Directories on the way that are missing are made. */
  readonly make?: boolean;
}

/**
 * Goes to the directory that a path is in, step by step and through no link, and acts there. Whatever the app does
 * meanwhile, nothing outside of the root is touched.
 *
 * @param root - Absolute, without links.
 * @param act - Gets a path for the last name. It must not wait: the directory is only held while it runs.
 * @throws RefusedPathError, or what the system says.
 */
export function enter<T>(
  root: string,
  path: string,
  act: (at: string) => T,
  { make = false }: EnterOptions = {},
): T {
  const names = namesOf(path);
  const last = names.pop()!;
  return isHeldOpen
    ? throughOpen(root, names, { make, act, last })
    : byName(root, names, { make, act, last });
}

interface Visit<T> {
  readonly make: boolean;
  readonly act: (at: string) => T;
  readonly last: string;
}

function throughOpen<T>(root: string, names: readonly string[], { make, act, last }: Visit<T>): T {
  let held = openSync(root, O_PATH | constants.O_DIRECTORY);
  try {
    for (const name of names) {
      const next = openDirectory(`${OPEN_FILES}/${held}/${name}`, { name, make });
      closeSync(held);
      held = next;
    }
    return act(`${OPEN_FILES}/${held}/${last}`);
  } finally {
    closeSync(held);
  }
}

function openDirectory(at: string, { name, make }: { name: string; make: boolean }): number {
  try {
    return openSync(at, FLAGS);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTDIR" || code === "ELOOP") throw notADirectory(name);
    if (code !== "ENOENT" || !make) throw error;
    mkdirSync(at, DIRECTORY_MODE);
    return openDirectory(at, { name, make: false });
  }
}

/** Where open directories have no paths: the second best. */
function byName<T>(root: string, names: readonly string[], { make, act, last }: Visit<T>): T {
  let at = root;
  for (const name of names) {
    at = join(at, name);
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (stat && !stat.isDirectory()) throw notADirectory(name);
    if (!stat && make) mkdirSync(at, DIRECTORY_MODE);
  }
  return act(join(at, last));
}

const notADirectory = (name: string): RefusedPathError =>
  new RefusedPathError(`has "${name}" in it, which is a link or a file, and a directory was expected`);
