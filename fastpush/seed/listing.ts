import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { FileEntry } from "../../apis/fastpush.ts";
import { Hashes } from "../files/hashes.ts";
import { walk } from "../files/walk.ts";

/** Keys that begin so are never listed; deeper ones are. */
const HIDDEN = ".git";

/** Lists directories as the original does, but as they are now. One listing at a time. */
export class SeedListing {
  readonly #root: string;
  readonly #directories: readonly string[];
  readonly #hashes = new Hashes();

  /** @param directories - Relative to the root, or absolute. Those that are missing hold nothing. */
  constructor(root: string, directories: readonly string[]) {
    this.#root = root;
    this.#directories = directories;
  }

  async entries(): Promise<Map<string, FileEntry>> {
    const entries = new Map<string, FileEntry>();
    this.#hashes.begin();
    for (const directory of this.#directories)
      for await (const { path, stat } of walk(this.#root, join(directory))) {
        if (stat.isDirectory() || path.startsWith(HIDDEN)) continue;
        const Checksum = (await this.#checksum(path, stat)) ?? "";
        entries.set(path, { Checksum, Modification: Math.floor(Number(stat.mtimeMs) / 1000), Content: null });
      }
    this.#hashes.end();
    return entries;
  }

  /** Of a link to a file: what that holds. */
  async #checksum(path: string, own: Awaited<ReturnType<typeof statOf>>): Promise<string | undefined> {
    const file = resolve(this.#root, path);
    const there = own?.isSymbolicLink() ? await statOf(file) : own;
    return there?.isFile() ? this.#hashes.of(file, there) : undefined;
  }
}

const statOf = (file: string) => stat(file, { bigint: true }).catch(() => undefined);
