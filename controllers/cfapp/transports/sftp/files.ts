import type { FileEntryWithStats, SFTPWrapper, Stats } from "ssh2";

/** Codes of the protocol. */
const NO_SUCH_FILE = 2;
/** Bytes of one request: what every server takes. */
const PIECE_BYTES = 32_000;
/** Requests of one file that are on their way at a time. */
const WINDOW = 8;

type Done<T> = (error: Error | null | undefined, value: T) => void;

/** The files of a container, as its sftp server has them. Paths are absolute. */
export class SftpFiles {
  readonly #sftp: SFTPWrapper;
  #takesLinkFirst: Promise<boolean> | undefined;

  constructor(sftp: SFTPWrapper) {
    this.#sftp = sftp;
  }

  /** Of the thing itself, if it is a link; undefined if there is none. */
  lstat(path: string): Promise<Stats | undefined> {
    return orMissing(told((done: Done<Stats>) => this.#sftp.lstat(path, done)));
  }

  list(directory: string): Promise<FileEntryWithStats[]> {
    return told((done: Done<FileEntryWithStats[]>) => this.#sftp.readdir(directory, done));
  }

  readlink(path: string): Promise<string> {
    return told((done: Done<string>) => this.#sftp.readlink(path, done));
  }

  /** Without links on the way. */
  realpath(path: string): Promise<string> {
    return told((done: Done<string>) => this.#sftp.realpath(path, done));
  }

  mkdir(path: string, mode: number): Promise<void> {
    return told((done: Done<void>) => this.#sftp.mkdir(path, { mode }, done as () => void));
  }

  rmdir(path: string): Promise<void> {
    return told((done: Done<void>) => this.#sftp.rmdir(path, done as () => void));
  }

  unlink(path: string): Promise<void> {
    return told((done: Done<void>) => this.#sftp.unlink(path, done as () => void));
  }

  chmod(path: string, mode: number): Promise<void> {
    return told((done: Done<void>) => this.#sftp.chmod(path, mode, done as () => void));
  }

  /** Replaces what is at the new path, in one step. */
  rename(from: string, to: string): Promise<void> {
    return told((done: Done<void>) => this.#sftp.ext_openssh_rename(from, to, done as () => void));
  }

  /**
   * Makes a link. Servers disagree about what comes first, where it leads or where it is: so one is made to see.
   *
   * @param scratch - A directory for that.
   */
  async link(target: string, path: string, scratch: string): Promise<void> {
    // Links are made at the same time, and two probes would be in each other's way.
    const takesLinkFirst = await (this.#takesLinkFirst ??= this.#probeLinks(scratch));
    await this.#symlink(...(takesLinkFirst ? ([path, target] as const) : ([target, path] as const)));
  }

  /** What is free, and of which file system; undefined if the server does not tell. */
  async fileSystem(path: string): Promise<{ freeBytes: number; id: string } | undefined> {
    try {
      const stat = await told((done: Done<FileSystem>) => this.#sftp.ext_openssh_statvfs(path, done));
      return { freeBytes: Number(stat.f_bavail) * Number(stat.f_frsize), id: String(stat.f_sid) };
    } catch {
      return undefined;
    }
  }

  /** All that is in a file; empty if there is none. */
  async text(path: string): Promise<string> {
    if (!(await this.lstat(path))) return "";
    const pieces: Buffer[] = [];
    for await (const piece of this.content(path)) pieces.push(piece);
    return Buffer.concat(pieces).toString("utf8");
  }

  /** The bytes of a file, piece by piece. */
  async *content(path: string): AsyncGenerator<Buffer, void, void> {
    const handle = await this.#open(path, "r");
    try {
      for (let at = 0; ;) {
        const offsets = Array.from({ length: WINDOW }, (_, i) => at + i * PIECE_BYTES);
        for (const piece of await Promise.all(offsets.map((offset) => this.#readAt(handle, offset)))) {
          if (!piece) return;
          yield piece;
          at += piece.length;
          // What follows a short one is not where it was expected.
          if (piece.length < PIECE_BYTES) break;
        }
      }
    } finally {
      await this.#close(handle);
    }
  }

  /**
   * Writes a file.
   *
   * @param flags - `wx` for a new one.
   * @returns How many bytes it took.
   */
  async write(path: string, bytes: AsyncIterable<Uint8Array>, flags: "wx" | "w"): Promise<number> {
    const handle = await this.#open(path, flags);
    const under = new Set<Promise<void>>();
    let [at, problem]: [number, Error | undefined] = [0, undefined];
    try {
      for await (const piece of bytes)
        for (let from = 0; from < piece.length; from += PIECE_BYTES) {
          const part = Buffer.from(piece.subarray(from, from + PIECE_BYTES));
          const written = this.#writeAt(handle, part, at)
            .catch((error: Error) => void (problem ??= error))
            .finally(() => under.delete(written));
          under.add(written);
          at += part.length;
          if (under.size >= WINDOW) await Promise.race(under);
          if (problem) throw problem;
        }
      await Promise.all(under);
      if (problem) throw problem;
      return at;
    } finally {
      await this.#close(handle);
    }
  }

  /** Adds to the end of a file, or makes it. */
  async append(path: string, bytes: Buffer): Promise<void> {
    const at = (await this.lstat(path))?.size ?? 0;
    const handle = await this.#open(path, at === 0 ? "w" : "r+");
    try {
      for (let from = 0; from < bytes.length; from += PIECE_BYTES)
        await this.#writeAt(handle, bytes.subarray(from, from + PIECE_BYTES), at + from);
    } finally {
      await this.#close(handle);
    }
  }

  /** @param mtime - Seconds since 1970. */
  setAttributes(path: string, { mode, mtime }: { mode: number; mtime: number }): Promise<void> {
    const attributes = { mode, mtime, atime: mtime };
    return told((done: Done<void>) => this.#sftp.setstat(path, attributes, done as () => void));
  }

  close(): void {
    this.#sftp.end();
  }

  async #probeLinks(scratch: string): Promise<boolean> {
    const [a, b] = [`${scratch}/probe-a`, `${scratch}/probe-b`];
    const clean = () => Promise.all([a, b].map((path) => orMissing(this.unlink(path))));
    await clean();
    await this.#symlink(a, b);
    const isAtFirst = (await this.lstat(a)) !== undefined;
    await clean();
    return isAtFirst;
  }

  #symlink(first: string, second: string): Promise<void> {
    return told((done: Done<void>) => this.#sftp.symlink(first, second, done as () => void));
  }

  #open(path: string, flags: "r" | "r+" | "w" | "wx"): Promise<Buffer> {
    return told((done: Done<Buffer>) => this.#sftp.open(path, flags, 0o600, done));
  }

  #close(handle: Buffer): Promise<void> {
    return told((done: Done<void>) => this.#sftp.close(handle, done as () => void));
  }

  #writeAt(handle: Buffer, bytes: Buffer, at: number): Promise<void> {
    return told((done: Done<void>) =>
      this.#sftp.write(handle, bytes, 0, bytes.length, at, done as () => void),
    );
  }

  /** Undefined at the end. */
  #readAt(handle: Buffer, at: number): Promise<Buffer | undefined> {
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    return new Promise((resolve, reject) =>
      this.#sftp.read(handle, buffer, 0, PIECE_BYTES, at, (error, count) => {
        // The end is told as an error by some, and as nothing by others.
        if (error && (error as { code?: number }).code !== END_OF_FILE) reject(error);
        else resolve(error || !count ? undefined : buffer.subarray(0, count));
      }),
    );
  }
}

const END_OF_FILE = 1;

interface FileSystem {
  f_bavail: number | bigint;
  f_frsize: number | bigint;
  f_sid: number | bigint;
}

/** A call, as a promise. What cannot be sent at all is an error like any other. */
const told = <T>(call: (done: Done<T>) => void): Promise<T> =>
  new Promise((resolve, reject) => {
    try {
      call((error, value) => (error ? reject(error) : resolve(value)));
    } catch (error) {
      reject(error);
    }
  });

async function orMissing<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if ((error as { code?: number }).code === NO_SUCH_FILE) return undefined;
    throw error;
  }
}
