import type { BigIntStats, Dirent } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { Hashed } from "./hashes.ts";
import type { Ignores } from "./ignore.ts";
import { badNameOf } from "./names.ts";
import type { Rejected, RejectReason } from "./rejected.ts";
import type { FileEntry } from "./tree.ts";

/** What was found at a path; of a file, the content may not be known yet. */
export type Found =
  | { readonly type: "directory" }
  | { readonly type: "link"; readonly target: string }
  | {
      readonly type: "file";
      readonly stat: BigIntStats;
      hashed?: Hashed;
      /** Once its content is certain: until it is looked at again, nothing needs to be compared. */
      entry?: FileEntry;
    };

/** What a walk brings together, by path. */
export interface Findings {
  readonly found: Map<string, Found>;
  readonly rejected: Map<string, Rejected>;
}

export interface WalkOptions {
  /** Absolute. */
  readonly root: string;
  readonly ignores: Ignores;
  /** Bytes. */
  readonly maxFile: number;
  readonly quota: Quota;
}

/** How many more files may be found. Below zero, it is given up: what was found is not all. */
export interface Quota {
  left: number;
}

/** Adds what is at a path, and everything below it. What has gone meanwhile is not there. */
export async function walk(path: string, options: WalkOptions, findings: Findings): Promise<void> {
  if (options.quota.left < 0) return;
  const stat = await orGone(lstat(join(options.root, path), { bigint: true }));
  if (stat && options.quota.left >= 0) await visit(path, stat, { options, findings });
}

interface Walk {
  readonly options: WalkOptions;
  readonly findings: Findings;
}

async function visit(path: string, stat: BigIntStats, { options, findings }: Walk): Promise<void> {
  const reject = (reason: RejectReason, message: string) =>
    void findings.rejected.set(path, { path, reason, message });
  try {
    if (stat.isDirectory()) {
      if (path !== "") findings.found.set(path, { type: "directory" });
      return await list(path, { options, findings });
    }
    if (stat.isSymbolicLink()) {
      const target = await readlink(join(options.root, path));
      return void findings.found.set(path, { type: "link", target });
    }
    if (!stat.isFile()) return reject("NotAFile", "it is a socket, a pipe or a device; ignore it");
    if (stat.size > BigInt(options.maxFile))
      return reject("TooLarge", `it has ${stat.size} bytes; limits.maxFile allows ${options.maxFile}`);
    options.quota.left--;
    findings.found.set(path, { type: "file", stat });
  } catch (error) {
    if (!isGone(error)) reject("Unreadable", String((error as NodeJS.ErrnoException).code ?? error));
  }
}

async function list(directory: string, { options, findings }: Walk): Promise<void> {
  const entries = await readdir(join(options.root, directory), { withFileTypes: true });
  await Promise.all(
    entries.map(async (entry) => {
      const path = directory === "" ? entry.name : `${directory}/${entry.name}`;
      if (options.ignores.ignores(isDirectory(entry) ? `${path}/` : path)) return;
      const bad = badNameOf(path);
      if (bad) findings.rejected.set(path, bad);
      else await walk(path, options, findings);
    }),
  );
}

const isDirectory = (entry: Dirent): boolean => entry.isDirectory();

async function orGone<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

const isGone = (error: unknown): boolean =>
  ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
