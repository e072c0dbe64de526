import { chmodSync, lstatSync, renameSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { enter } from "../files/enter.ts";
import { landingOf } from "../files/landing.ts";
import { pathOfKey } from "../files/names.ts";

const FILE_MODE = 0o644;

export interface WritePlaces {
  /** Absolute, without links. */
  readonly root: string;
  /** On the same file system. */
  readonly state: string;
}

/**
 * Puts a file at the place that a key names: whoever reads it sees the old one or the new one. Directories on the way
 * are made; the mode of a file that is there stays.
 *
 * @throws RefusedPathError, or what the system says: then nothing has changed.
 */
export async function writeKey({ root, state }: WritePlaces, key: string, content: Buffer): Promise<void> {
  const path = landingOf(root, pathOfKey(key));
  const fresh = join(state, `put-${randomBytes(6).toString("hex")}`);
  try {
    await writeFile(fresh, content, { flag: "wx", mode: FILE_MODE });
    enter(root, path, (at) => replace(fresh, at), { make: true });
  } finally {
    await rm(fresh, { force: true });
  }
}

function replace(fresh: string, at: string): void {
  const former = lstatSync(at, { throwIfNoEntry: false });
  if (former?.isFile()) chmodSync(fresh, former.mode & 0o7777);
  // A link that came here just now is replaced, never followed.
  renameSync(fresh, at);
}
