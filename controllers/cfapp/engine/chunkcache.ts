import { type Chunk, Chunker, chunksOf, type FileEntry, type Tree } from "../../sync/index.ts";
import { read, type Wanted } from "./reading.ts";

/** Enough for some GiB of large files. */
const MAX_CHUNKS = 400_000;

/**
 * How large files are made up of chunks, by their content: of a file that changes, what it was before is known then.
 */
export class ChunkCache {
  readonly #byHash = new Map<string, readonly Chunk[]>();
  #count = 0;

  get(hash: string): readonly Chunk[] | undefined {
    return this.#byHash.get(hash);
  }

  /** @throws ChangedFileError if the file is another one by now. */
  async ensure(wanted: Wanted): Promise<void> {
    const { hash } = wanted.entry;
    if (!this.#byHash.has(hash)) this.#add(hash, await chunksOf(read(wanted)));
  }

  /** Learns of a file while it is sent. */
  async *recording(hash: string, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
    const chunker = new Chunker();
    for await (const piece of source) {
      chunker.push(piece);
      yield piece;
    }
    this.#add(hash, chunker.end());
  }

  #add(hash: string, chunks: readonly Chunk[]): void {
    if (this.#byHash.has(hash)) return;
    this.#byHash.set(hash, chunks);
    this.#count += chunks.length;
    for (const [oldest, its] of this.#byHash) {
      if (this.#count <= MAX_CHUNKS || oldest === hash) break;
      this.#byHash.delete(oldest);
      this.#count -= its.length;
    }
  }

  /** Learns of the large files of a tree, while there is nothing else to do. */
  async learn(tree: Tree, { root, over, signal }: Lesson): Promise<void> {
    for (const [path, entry] of tree) {
      if (signal.aborted) return;
      if (entry.type === "file" && entry.size > over)
        await this.ensure({ root, path, entry, signal }).catch(() => undefined);
    }
  }
}

interface Lesson {
  readonly root: string;
  /** Bytes. */
  readonly over: number;
  readonly signal: AbortSignal;
}

/** Chunks of a file as the other side has it and as it is here, if both are known. */
export function chunksBetween(cache: ChunkCache, base: FileEntry | undefined, next: FileEntry) {
  const [before, after] = [base && cache.get(base.hash), cache.get(next.hash)];
  return before && after ? { base: before, next: after } : undefined;
}
