import { randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/** Writes a file that only its owner can read: all of it or nothing. The directory is made if need be. */
export const writePrivately = (file: string, text: string): void =>
  putInPlace(file, text, (temporary) => renameSync(temporary, file));

/**
 * The same, for a file that must not be there yet.
 *
 * @throws Error with code `EEXIST`.
 */
export const createPrivately = (file: string, text: string): void =>
  // Unlike a rename, a link takes nobody's place.
  putInPlace(file, text, (temporary) => {
    linkSync(temporary, file);
    rmSync(temporary);
  });

function putInPlace(file: string, text: string, put: (temporary: string) => void): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomUUID()}`;
  try {
    fill(temporary, text);
    put(temporary);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function fill(file: string, text: string): void {
  const handle = openSync(file, "wx", 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Undefined if there is none. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

// Neither a link to elsewhere nor a pipe that nobody writes to.
const SAFELY = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * The text of a file that should be small; undefined if there is none.
 *
 * @throws Error if it cannot be read, or is larger than `maxBytes`.
 */
export function readSmall(file: string, maxBytes: number): string | undefined {
  const handle = openIfThere(file);
  if (handle === undefined) return undefined;
  try {
    const buffer = Buffer.alloc(maxBytes + 1);
    const length = readSync(handle, buffer);
    if (length > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
    return buffer.toString("utf8", 0, length);
  } finally {
    closeSync(handle);
  }
}

function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, SAFELY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
