import { createHash } from "node:crypto";
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";

/** Clocks of file systems are coarse: a file may change again without a later time. */
const YOUNG_MS = 2000;
const BUFFER_BYTES = 256 * 1024;
/** Up to here it takes longer to wait for each step of reading than to read. */
const SMALL_BYTES = 64 * 1024;
/** A pipe would be waited for. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** SHA-256 of a file in hex; undefined if it is none, or cannot be read. */
async function hashOf(file: string, size: bigint): Promise<string | undefined> {
  try {
    return size <= SMALL_BYTES ? hashNow(file) : await hashLarge(file);
  } catch {
    return undefined;
  }
}

function hashNow(file: string): string | undefined {
  const opened = openSync(file, FLAGS);
  try {
    if (!fstatSync(opened).isFile()) return undefined;
    return createHash("sha256").update(readFileSync(opened)).digest("hex");
  } finally {
    closeSync(opened);
  }
}

async function hashLarge(file: string): Promise<string | undefined> {
  const handle = await open(file, FLAGS);
  try {
    if (!(await handle.stat()).isFile()) return undefined;
    const [hash, buffer] = [createHash("sha256"), Buffer.allocUnsafe(BUFFER_BYTES)];
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

interface Known {
  readonly stamp: string;
  readonly hash: string;
}

/** What files hold, by path. What is certain to be as it was is not read again. */
export class Hashes {
  #known = new Map<string, Known>();
  #next = new Map<string, Known>();

  /** Begins a round; what is not asked for in it is forgotten at its end. */
  begin(): void {
    this.#next = new Map();
  }

  end(): void {
    this.#known = this.#next;
  }

  /** @param stat - Of the file itself, just now. */
  async of(file: string, stat: BigIntStats): Promise<string | undefined> {
    const stamp = stampOf(stat);
    const known = this.#known.get(file);
    const readAt = Date.now();
    const hash = known?.stamp === stamp ? known.hash : await hashOf(file, stat.size);
    if (hash !== undefined && (known?.stamp === stamp || readAt - Number(stat.mtimeMs) > YOUNG_MS))
      this.#next.set(file, { stamp, hash });
    return hash;
  }
}

const stampOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
