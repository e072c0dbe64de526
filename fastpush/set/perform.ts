import {
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  type Stats,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import type { SetOperation } from "../../apis/fastpush.ts";
import { enter } from "../files/enter.ts";

/** Undoes what was done. */
export type Undo = () => void;

export interface Step {
  /** Absolute, without links. */
  readonly root: string;
  /** What is on its way, and what was there before; on the same file system. */
  readonly stage: string;
  /** Number of the operation, which names its file in the stage. */
  readonly number: number;
}

const DIRECTORY_MODE = 0o755;

/**
 * Does one operation, unless it is done already: after a crash all of them are done again.
 *
 * @returns what undoes it; undefined if nothing was to be done.
 * @throws RefusedPathError, or what the system says.
 */
export const perform = (operation: SetOperation, step: Step): Undo | undefined =>
  enter(step.root, operation.path, (at) => act(operation, at, step));

function act(operation: SetOperation, at: string, step: Step): Undo | undefined {
  const there = lstatSync(at, { throwIfNoEntry: false });
  switch (operation.type) {
    case "makeDirectory":
      return makeDirectory(operation.path, there, { at, step });
    case "removeDirectory":
      return there?.isDirectory() ? removeDirectory(operation.path, { at, step }) : undefined;
    case "chmod":
      return changeMode(operation, there, { at, step });
    default:
      return replace(operation, there, { at, step });
  }
}

interface Place {
  readonly at: string;
  readonly step: Step;
}

function makeDirectory(path: string, there: Stats | undefined, { at, step }: Place): Undo | undefined {
  if (there?.isDirectory()) return undefined;
  mkdirSync(at, DIRECTORY_MODE);
  return () => enter(step.root, path, rmdirSync);
}

function removeDirectory(path: string, { at, step }: Place): Undo | undefined {
  try {
    rmdirSync(at);
  } catch (error) {
    // There are files in it that no sync has put there.
    if (["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
  return () => enter(step.root, path, (at) => mkdirSync(at, DIRECTORY_MODE));
}

function changeMode(
  { path, mode }: Extract<SetOperation, { type: "chmod" }>,
  there: Stats | undefined,
  { at, step }: Place,
): Undo {
  if (!there?.isFile()) throw new Error("is not a file");
  chmodSync(at, mode);
  return () => enter(step.root, path, (at) => chmodSync(at, there.mode & 0o7777));
}

/** Something takes the place of a file or a link, or nothing does. */
function replace(
  operation: Extract<SetOperation, { type: "put" | "link" | "remove" }>,
  there: Stats | undefined,
  { at, step }: Place,
): Undo | undefined {
  const { root, stage, number } = step;
  const fresh = join(stage, String(number));
  if (operation.type === "put" && !lstatSync(fresh, { throwIfNoEntry: false })) return undefined;
  if (there?.isDirectory()) throw new Error("is a directory");
  if (operation.type === "remove" && !there) return undefined;
  const kept = keep(at, there, join(stage, `kept-${number}`));
  if (operation.type === "put") renameSync(fresh, at);
  else if (operation.type === "link") link(operation.target, at, join(stage, `link-${number}`));
  else unlinkSync(at);
  const back = kept ? (at: string) => renameSync(kept, at) : unlinkSync;
  return () => enter(root, operation.path, back);
}

/** Another name for what is there, so that it can be brought back. */
function keep(at: string, there: Stats | undefined, kept: string): string | undefined {
  if (!there) return undefined;
  // Left by a commit that was cut short: what it kept is the older one.
  if (lstatSync(kept, { throwIfNoEntry: false })) return kept;
  if (there.isSymbolicLink()) symlinkSync(readlinkSync(at), kept);
  else linkOrCopy(at, kept);
  return kept;
}

/** Some file systems have no second names, and files of others may not get one. */
function linkOrCopy(at: string, kept: string): void {
  try {
    linkSync(at, kept);
  } catch {
    copyFileSync(at, kept);
  }
}

function link(target: string, at: string, fresh: string): void {
  if (lstatSync(fresh, { throwIfNoEntry: false })) unlinkSync(fresh);
  symlinkSync(target, fresh);
  renameSync(fresh, at);
}
