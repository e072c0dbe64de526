import { readlink } from "node:fs/promises";
import { join } from "node:path";
import type { ListedEntry, ListingEnd } from "../../apis/fastpush.ts";
import { Hashes } from "../files/hashes.ts";
import { type Walked, walk } from "../files/walk.ts";

/** All that is in the directory of the app, with hashes, modes and links. One listing at a time. */
export class FullListing {
  readonly #root: string;
  readonly #hashes = new Hashes();

  constructor(root: string) {
    this.#root = root;
  }

  /** Lines of JSON, in pieces. */
  async *lines(tracked: ReadonlySet<string>): AsyncGenerator<string, void, void> {
    this.#hashes.begin();
    let entries = 0;
    for await (const walked of walk(this.#root, "")) {
      const entry = await this.#entryOf(walked, tracked.has(walked.path));
      if (!entry) continue;
      entries++;
      yield `${JSON.stringify(entry)}\n`;
    }
    this.#hashes.end();
    yield `${JSON.stringify({ type: "end", entries } satisfies ListingEnd)}\n`;
  }

  /** Undefined for the root, for what is neither file nor link nor directory, and for what cannot be read. */
  async #entryOf({ path, stat }: Walked, tracked: boolean): Promise<ListedEntry | undefined> {
    if (path === "") return undefined;
    if (stat.isDirectory()) return { path, tracked, type: "directory" };
    const file = join(this.#root, path);
    if (stat.isSymbolicLink()) {
      const target = await readlink(file).catch(() => undefined);
      return target === undefined ? undefined : { path, tracked, type: "link", target };
    }
    const hash = stat.isFile() ? await this.#hashes.of(file, stat) : undefined;
    if (hash === undefined) return undefined;
    return { path, tracked, type: "file", size: Number(stat.size), mode: Number(stat.mode) & 0o777, hash };
  }
}
