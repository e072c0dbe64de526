import { basename, dirname } from "node:path";
import type { Dirty } from "./dirty.ts";
import { fileStatOf, identityOf, look, sameStat, type FileStat } from "./file-stat.ts";
import type { Pacer } from "./pacer.ts";
import { join, type DirectoryNode } from "./tree.ts";
import { directoryAt, entriesOf, tryToWatch, watchBelow, type World } from "./walk.ts";

/** A file that is not as it was last reported. Whether its content differs too is decided later. */
export interface FileDifference {
  readonly node: DirectoryNode;
  readonly name: string;
  readonly before?: FileStat | "unknown";
  readonly after?: FileStat;
}

/** All that differs from what was last reported, in the places that were looked at. */
export interface Differences {
  readonly files: Map<string, FileDifference>;
  /** Directories that are new. */
  readonly added: Set<DirectoryNode>;
  /** Directories that are gone. */
  readonly removed: Set<DirectoryNode>;
}

export const sizeOf = ({ files, added, removed }: Differences): number =>
  files.size + added.size + removed.size;

interface InspectionOptions {
  /** Where to look. */
  readonly dirty: Dirty;
  readonly pacer: Pacer;
  /** Whether a file with an unchanged stat may still have changed. */
  readonly isRacy: (path: string) => boolean;
}

/** Compares the world with what was last reported. New directories are watched at once; nothing else is changed. */
export class Inspection {
  readonly differences: Differences = { files: new Map(), added: new Set(), removed: new Set() };

  readonly #world: World;
  readonly #dirty: Dirty;
  readonly #pacer: Pacer;
  readonly #isRacy: (path: string) => boolean;

  constructor(world: World, { dirty, pacer, isRacy }: InspectionOptions) {
    this.#world = world;
    this.#dirty = dirty;
    this.#pacer = pacer;
    this.#isRacy = isRacy;
  }

  async run(): Promise<Differences> {
    for (const [path, names] of this.#dirty.entries()) {
      const node = this.#world.tree.get(path);
      if (node) await (names === "all" ? this.#directory(node) : this.#names(node, names));
    }
    return this.differences;
  }

  async #directory(node: DirectoryNode): Promise<void> {
    const stats = directoryAt(node.path);
    if (!stats) return this.#gone(node);
    if (identityOf(stats) !== node.identity) this.#watchAnew(node, identityOf(stats));
    const entries = entriesOf(node.path, this.#world.filter);
    if (!entries) return this.#gone(node);
    const names = new Set([
      ...entries.files,
      ...entries.directories,
      ...node.files.names(),
      ...node.directories,
    ]);
    await this.#names(node, names);
  }

  /**
   * Another directory has taken the place of the watched one, whose watch is of no more use. That is seen only once, so
   * a later look, should this one come too early, has to be told.
   */
  #watchAnew(node: DirectoryNode, identity: string): void {
    node.identity = identity;
    this.#dirty.add(node.path);
    this.#world.watcher.remove(node.path);
    tryToWatch(node.path, this.#world.watcher);
  }

  async #names(node: DirectoryNode, names: Iterable<string>): Promise<void> {
    for (const name of names) {
      if (this.#pacer.due) await this.#pacer.pause();
      const path = join(node.path, name);
      const stats = look(path);
      if (stats?.isDirectory()) await this.#subdirectory(node, name, identityOf(stats));
      else if (node.directories.has(name)) this.#gone(this.#world.tree.get(path));
      const after = stats && this.#world.filter.file(path) ? fileStatOf(stats) : undefined;
      this.#file({ node, name, before: node.files.get(name), after }, path);
    }
  }

  #file(difference: FileDifference, path: string): void {
    const { before, after } = difference;
    if (!before && !after) return;
    if (before && after && before !== "unknown" && sameStat(before, after) && !this.#isRacy(path)) return;
    this.differences.files.set(path, difference);
  }

  async #subdirectory(parent: DirectoryNode, name: string, identity: string): Promise<void> {
    const path = join(parent.path, name);
    const known = this.#world.tree.get(path);
    if (known?.fresh) this.differences.added.add(known);
    if (known) return known.fresh || known.identity !== identity ? this.#directory(known) : undefined;
    if (!this.#world.filter.enters(path)) return;
    parent.directories.add(name);
    for await (const [node, entries] of watchBelow(path, this.#world, this.#pacer)) {
      node.fresh = true;
      this.differences.added.add(node);
      await this.#names(node, entries.files);
    }
  }

  #gone(node: DirectoryNode | undefined): void {
    if (!node) return;
    for (const lost of this.#world.tree.below(node.path)) {
      this.differences.removed.add(lost);
      this.differences.added.delete(lost);
      for (const name of lost.files.names()) {
        const path = join(lost.path, name);
        this.differences.files.set(path, { node: lost, name, before: lost.files.get(name) });
      }
    }
  }
}

/** Stops watching a directory that is gone; its files are expected to be gone from it. */
export function forget(node: DirectoryNode, { tree, watcher }: World): void {
  watcher.remove(node.path);
  tree.remove(node.path);
  tree.get(dirname(node.path))?.directories.delete(basename(node.path));
}
