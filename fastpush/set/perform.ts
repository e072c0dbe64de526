import {
  chmodSync,
  constants,
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
import type { Before } from "./progress.ts";

export interface Step {
  readonly operation: SetOperation;
  /** Number of the operation, which names its file in the stage. */
  readonly number: number;
  /** Absolute, without links. */
  readonly root: string;
  /** What is on its way, and what was there before; on the same file system. */
  readonly stage: string;
}

/** Where an operation is done, and what is there now and was there when it was begun first. */
interface Place {
  readonly at: string;
  readonly there: Stats | undefined;
  readonly before: Before;
}

const DIRECTORY_MODE = 0o755;

/**
 * Does one operation; also one that a crash has cut short, whether it was done then or not.
 *
 * @param begin - Told what is there, before anything is done; tells what was there when it was begun first.
 * @throws RefusedPathError, or what the system says.
 */
export function perform(step: Step, begin: (before: Before) => Before): void {
  enter(step.root, step.operation.path, (at) => {
    const there = lstatSync(at, { throwIfNoEntry: false });
    act(step, { at, there, before: begin(there?.mode) });
  });
}

/** Makes it as it was before an operation that was begun; also again. @throws what the system says. */
export function undo(step: Step, before: Before): void {
  enter(step.root, step.operation.path, (at) => restore(step, at, before));
}

function act(step: Step, place: Place): void {
  const { operation } = step;
  const { at, there } = place;
  switch (operation.type) {
    case "makeDirectory":
      if (!there?.isDirectory()) mkdirSync(at, DIRECTORY_MODE);
      return;
    case "removeDirectory":
      if (there?.isDirectory()) removeDirectory(at);
      return;
    case "chmod":
      if (!there?.isFile()) throw new Error("is not a file");
      return chmodSync(at, operation.mode);
    default:
      return replace(step, place);
  }
}

function removeDirectory(at: string): void {
  try {
    rmdirSync(at);
  } catch (error) {
    // There are files in it that no sync has put there.
    if (!["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** Something takes the place of a file or a link, or nothing does. */
function replace(step: Step, { at, there, before }: Place): void {
  const { operation, stage, number } = step;
  const fresh = join(stage, String(number));
  if (operation.type === "put" && !isThere(fresh)) return;
  if (there?.isDirectory()) throw new Error("is a directory");
  if (there && before !== undefined) keep(at, there, keptBy(step));
  if (operation.type === "put") renameSync(fresh, at);
  else if (operation.type === "link") link(operation.target, at, join(stage, `link-${number}`));
  else if (there) unlinkSync(at);
}

const keptBy = ({ stage, number }: Step): string => join(stage, `kept-${number}`);

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** Another name for what is there, so that it can be brought back. What a commit that was cut short has kept is older. */
function keep(at: string, there: Stats, kept: string): void {
  if (isThere(kept)) return;
  if (there.isSymbolicLink()) symlinkSync(readlinkSync(at), kept);
  else linkOrCopy(at, kept);
}

/** Some file systems have no second names, and files of others may not get one. */
function linkOrCopy(at: string, kept: string): void {
  try {
    linkSync(at, kept);
  } catch {
    copyFileSync(at, `${kept}.new`);
    renameSync(`${kept}.new`, kept);
  }
}

function link(target: string, at: string, fresh: string): void {
  if (isThere(fresh)) unlinkSync(fresh);
  symlinkSync(target, fresh);
  renameSync(fresh, at);
}

function restore(step: Step, at: string, before: Before): void {
  const { type } = step.operation;
  if (type === "chmod" || type === "removeDirectory") return restoreMode(type, at, before);
  if (type === "makeDirectory") return before === undefined ? rmdirSync(at) : undefined;
  const kept = keptBy(step);
  if (isThere(kept)) renameSync(kept, at);
  else if (before === undefined && type !== "remove") unlinkSync(at);
}

function restoreMode(type: "chmod" | "removeDirectory", at: string, before: Before): void {
  if (before === undefined) return;
  if (type === "chmod") chmodSync(at, before & 0o7777);
  else if ((before & constants.S_IFMT) === constants.S_IFDIR) mkdirSync(at, before & 0o7777);
}
