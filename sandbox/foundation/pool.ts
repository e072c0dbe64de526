import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, readdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** A file as a client tells of it. */
export interface Resource {
  readonly path: string;
  /** Octal, such as 644. */
  readonly mode?: string;
  readonly checksum: { readonly value: string };
  readonly size_in_bytes: number;
}

const [MIN_SIZE, MAX_SIZE] = [65_536, 536_870_912];
const MIN_MODE = 0o600;

/** Files that were uploaded before, by the SHA-1 of what is in them. Only large ones are worth it. */
export class Pool {
  readonly #directory: string;
  readonly #sizes = new Map<string, number>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Those that need not be sent. */
  match(resources: readonly Resource[]): Resource[] {
    return resources.filter(
      ({ checksum, size_in_bytes: size, mode = "744" }) =>
        isWorthIt(size) && Number.parseInt(mode, 8) >= MIN_MODE && this.#sizes.get(checksum.value) === size,
    );
  }

  pathOf(sha1: string): string | undefined {
    return this.#sizes.has(sha1) ? join(this.#directory, sha1) : undefined;
  }

  /** Keeps what is in a directory. */
  async addAll(directory: string): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    for (const entry of await readdir(directory, { withFileTypes: true, recursive: true }))
      if (entry.isFile()) await this.#add(join(entry.parentPath, entry.name));
  }

  async #add(file: string): Promise<void> {
    const { size } = await stat(file);
    if (!isWorthIt(size)) return;
    const hash = createHash("sha1");
    await pipeline(createReadStream(file), hash);
    const sha1 = hash.digest("hex");
    if (this.#sizes.has(sha1)) return;
    await copyFile(file, join(this.#directory, `${sha1}.part`));
    await rename(join(this.#directory, `${sha1}.part`), join(this.#directory, sha1));
    this.#sizes.set(sha1, size);
  }
}

const isWorthIt = (size: number): boolean => size > MIN_SIZE && size < MAX_SIZE;
