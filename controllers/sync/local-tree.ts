import { constants } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { hashFile, isUnchanged, UnsettledError } from "./hashes.ts";
import { type Ignores, ignoresOf } from "./ignore.ts";
import { escapesRoot } from "./links.ts";
import { collisionsIn } from "./names.ts";
import type { Rejected } from "./rejected.ts";
import { DIRECTORY, type Entry, type FileEntry, parentsOf, type Tree } from "./tree.ts";
import { type Findings, type Found, type Quota, walk } from "./walk.ts";

export interface LocalTreeOptions {
  /** Absolute path of the directory. */
  readonly root: string;
  /** Lines as in a .gitignore. */
  readonly ignores: readonly string[];
  readonly useCFIgnore: boolean;
  /** Bytes; larger files are left out. */
  readonly maxFile: number;
  /** With one file more than that, the rest is not looked at, and nothing is read. Default: any number. */
  readonly maxFiles?: number;
  /** Whether this host takes `A` and `a` for the same name. */
  readonly caseInsensitive: boolean;
}

/** A directory as it was seen. */
export interface Snapshot {
  readonly tree: Tree;
  readonly rejected: readonly Rejected[];
  /** Files that changed while they were read. They are not in the tree: look at them again. */
  readonly unsettled: readonly string[];
}

const CFIGNORE = ".cfignore";
const READERS = 8;

/**
 * A local directory as a tree of content hashes. What has not changed since the last look is not read again.
 *
 * One look at a time: calls do not overlap.
 */
export class LocalTree {
  readonly #options: LocalTreeOptions;
  #ignores: Ignores = { ignores: () => false };
  /** Without links on the way to it. */
  #root = "";
  #quota: Quota = { left: Infinity };
  #findings: Findings = { found: new Map(), rejected: new Map() };

  constructor(options: LocalTreeOptions) {
    this.#options = options;
  }

  /** Looks at everything. @throws what the system says of the root itself. */
  async scan(): Promise<Snapshot> {
    const { ignores, useCFIgnore, maxFile, maxFiles = Infinity } = this.#options;
    const root = await realpath(this.#options.root);
    if (!(await stat(root)).isDirectory()) throw new Error(`${root} is not a directory`);
    this.#root = root;
    this.#ignores = ignoresOf(ignores, useCFIgnore ? await textOf(join(root, CFIGNORE)) : "");
    const former = this.#findings.found;
    const findings: Findings = { found: new Map(), rejected: new Map() };
    this.#quota = { left: maxFiles };
    await walk("", { root, ignores: this.#ignores, maxFile, quota: this.#quota }, findings);
    for (const [path, found] of findings.found) keepHash(found, former.get(path));
    this.#findings = findings;
    return this.#isTooMuch ? this.#unread() : this.#snapshot();
  }

  /**
   * Looks at some paths, and what is below them.
   *
   * @param paths - Relative to the root.
   */
  async refresh(paths: readonly string[]): Promise<Snapshot> {
    if (paths.includes(CFIGNORE) || this.#findings.found.size === 0 || this.#isTooMuch) return this.scan();
    const [root, { maxFile }, quota] = [this.#root, this.#options, this.#quota];
    const { found, rejected } = this.#findings;
    for (const path of outermost(paths.map((path) => this.#seenFrom(path)))) {
      if (path === "") return this.scan();
      const former = removeBelow(found, path);
      removeBelow(rejected, path);
      quota.left += filesIn(former);
      if (this.#isIgnored(path)) continue;
      await walk(path, { root, ignores: this.#ignores, maxFile, quota }, this.#findings);
      for (const [at, one] of former) keepHash(found.get(at), one);
    }
    return this.#isTooMuch ? this.#unread() : this.#snapshot();
  }

  get #isTooMuch(): boolean {
    return this.#quota.left < 0;
  }

  /** Only its number of files counts, which is more than are allowed. */
  #unread(): Snapshot {
    const tree = new Map<string, Entry>();
    for (const [path, one] of this.#findings.found) {
      if (one.type === "directory") tree.set(path, DIRECTORY);
      else tree.set(path, one.type === "link" ? one : { type: "file", size: 0, mode: 0o600, hash: "" });
    }
    return { tree, rejected: [], unsettled: [] };
  }

  /** The outermost directory on the way to a path that is not known yet; it has to be looked at as a whole. */
  #seenFrom(path: string): string {
    for (const parent of parentsOf(path))
      if (this.#findings.found.get(parent)?.type !== "directory") return parent;
    return path;
  }

  /** What it is, file or directory, may not be known any more: then either rule may ignore it. */
  #isIgnored(path: string): boolean {
    return this.#ignores.ignores(path) || this.#ignores.ignores(`${path}/`);
  }

  async #snapshot(): Promise<Snapshot> {
    const { found } = this.#findings;
    const rejected = new Map(this.#findings.rejected);
    for (const one of [...this.#collisions(), ...escaping(found)]) rejected.set(one.path, one);
    const unsettled: string[] = [];
    const tree = new Map<string, Entry>();
    const toRead: [string, File][] = [];
    for (const [path, one] of found) {
      if (isBelowAny(path, rejected)) continue;
      if (one.type === "directory") tree.set(path, DIRECTORY);
      else if (one.type === "link") tree.set(path, one);
      else if (one.entry) tree.set(path, one.entry);
      else toRead.push([path, one]);
    }
    await inParallel(toRead, async ([path, file]) => {
      const problem = await this.#read(path, file);
      if (!problem) tree.set(path, entryOf(file));
      else if (problem === "unsettled") unsettled.push(path);
      else rejected.set(path, { path, reason: "Unreadable", message: problem });
    });
    return { tree, rejected: [...rejected.values()], unsettled };
  }

  /** Undefined if the content is known now. */
  async #read(path: string, file: File): Promise<string | undefined> {
    if (isUnchanged(file.hashed, file.stat)) {
      file.entry = entryOf(file);
      return undefined;
    }
    try {
      file.hashed = await hashFile(join(this.#root, path));
      return undefined;
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      const hasChanged = error instanceof UnsettledError || ["ENOENT", "ELOOP", "ENOTDIR"].includes(code);
      return hasChanged ? "unsettled" : code || String(error);
    }
  }

  #collisions(): Rejected[] {
    return this.#options.caseInsensitive ? collisionsIn(this.#findings.found.keys()) : [];
  }
}

type File = Extract<Found, { type: "file" }>;

/** It can be read and written by its owner on the other side, whatever it is here. */
function entryOf({ hashed }: File): FileEntry {
  const { stat, hash } = hashed!;
  return { type: "file", size: Number(stat.size), mode: (Number(stat.mode) & 0o777) | 0o600, hash };
}

function keepHash(now: Found | undefined, former: Found | undefined): void {
  if (now?.type === "file" && former?.type === "file") now.hashed = former.hashed;
}

function escaping(found: ReadonlyMap<string, Found>): Rejected[] {
  const links = new Map<string, string>();
  for (const [path, one] of found) if (one.type === "link") links.set(path, one.target);
  return [...links]
    .filter(([path]) => escapesRoot(path, links))
    .map(([path, target]) => ({
      path,
      reason: "EscapesRoot",
      message: `it leads to ${target}, out of the directory; ignore it, or make it a relative link within`,
    }));
}

/** Takes out what is at a path and below it. */
function removeBelow<T>(map: Map<string, T>, path: string): Map<string, T> {
  const removed = new Map<string, T>();
  for (const [at, one] of map) if (at === path || at.startsWith(`${path}/`)) removed.set(at, one);
  for (const at of removed.keys()) map.delete(at);
  return removed;
}

function filesIn(found: ReadonlyMap<string, Found>): number {
  let files = 0;
  for (const { type } of found.values()) if (type === "file") files++;
  return files;
}

function isBelowAny(path: string, rejected: ReadonlyMap<string, unknown>): boolean {
  if (rejected.size === 0) return false;
  if (rejected.has(path)) return true;
  for (const parent of parentsOf(path)) if (rejected.has(parent)) return true;
  return false;
}

/** Without those that are below another one. */
function outermost(paths: readonly string[]): string[] {
  const all = new Set(paths);
  return [...all].filter((path) => ![...parentsOf(path)].some((parent) => all.has(parent)));
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const reader = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: READERS }, reader));
}

/** What is no file has no lines; a pipe by that name is not waited for. */
async function textOf(file: string): Promise<string> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    return (await handle.stat()).isFile() ? await handle.readFile("utf8") : "";
  } catch (error) {
    // A socket cannot be opened.
    if (["ENOENT", "ENXIO"].includes((error as NodeJS.ErrnoException).code ?? "")) return "";
    throw error;
  } finally {
    await handle?.close();
  }
}
