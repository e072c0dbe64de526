import { sep } from "node:path";
import { FileTable } from "./file-table.ts";

/** A directory that is watched, with what was last reported of it. */
export interface DirectoryNode {
  readonly path: string;
  identity: string;
  readonly files: FileTable;
  readonly directories: Set<string>;
  /** Appeared since the last event, which has yet to mention it. */
  fresh: boolean;
}

/** All watched directories by absolute path. */
export class Tree {
  readonly #nodes = new Map<string, DirectoryNode>();

  get(path: string): DirectoryNode | undefined {
    return this.#nodes.get(path);
  }

  nodes(): DirectoryNode[] {
    return [...this.#nodes.values()];
  }

  add(path: string, identity: string): DirectoryNode {
    const node = { path, identity, files: new FileTable(), directories: new Set<string>(), fresh: false };
    this.#nodes.set(path, node);
    return node;
  }

  remove(path: string): void {
    this.#nodes.delete(path);
  }

  get fileCount(): number {
    let count = 0;
    for (const node of this.#nodes.values()) count += node.files.size;
    return count;
  }

  /** The directory and all watched ones below it, outermost first. */
  below(path: string): DirectoryNode[] {
    const node = this.#nodes.get(path);
    if (!node) return [];
    return [node, ...[...node.directories].flatMap((name) => this.below(join(path, name)))];
  }
}

/** `path.join` for a normal directory and a plain name: this runs once for each file of a tree. */
export const join = (directory: string, name: string): string =>
  directory.endsWith(sep) ? directory + name : directory + sep + name;
