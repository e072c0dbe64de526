import { createHash } from "node:crypto";
import type { Put } from "../../../../sync/index.ts";

/** Files that the original is to have; it is sent nothing else. */
export interface SeedFiles {
  readonly puts: readonly Put[];
  readonly read: (path: string) => AsyncIterable<Uint8Array>;
}

/** A file is not what the plan says any more. Nothing was written: the other side had not had all. */
export class ChangedError extends Error {
  override readonly name = "ChangedError";
}

const BYTES_OF_THREE = 3;

/** Bytes of the body of a PUT, known before anything is read. */
export const lengthOf = (puts: readonly Put[]): number =>
  puts.reduce((sum, put) => sum + headOf(put).length + base64Length(put.entry.size) + TAIL.length, 0) +
  Math.max(puts.length - 1, 0) +
  2;

/**
 * The body of a PUT, as it is made. Its end is only sent when all files have been what they should be: without it, the
 * other side takes none.
 *
 * @throws ChangedError, or what reading a file says.
 */
export async function* bodyOf({ puts, read }: SeedFiles): AsyncGenerator<Buffer, void, void> {
  for (const [at, put] of puts.entries()) {
    yield Buffer.concat([Buffer.from(at === 0 ? "{" : ","), headOf(put)]);
    yield* base64Of(put, read(put.path));
    yield TAIL;
  }
  yield Buffer.from(puts.length === 0 ? "{}" : "}");
}

const TAIL = Buffer.from('"}');

const headOf = ({ path, entry }: Put): Buffer =>
  Buffer.from(`${JSON.stringify(path)}:{"Checksum":"${entry.hash}","Modification":0,"Content":"`);

const base64Length = (bytes: number): number => Math.ceil(bytes / BYTES_OF_THREE) * 4;

async function* base64Of(
  { path, entry }: Put,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, void> {
  const [digest, changed] = [createHash("sha256"), new ChangedError(`${path} has changed while it was read`)];
  let [rest, bytes] = [Buffer.alloc(0), 0];
  for await (const piece of source) {
    digest.update(piece);
    if ((bytes += piece.length) > entry.size) throw changed;
    const all = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece]);
    const whole = all.length - (all.length % BYTES_OF_THREE);
    rest = all.subarray(whole);
    if (whole > 0) yield Buffer.from(all.toString("base64", 0, whole), "latin1");
  }
  if (bytes !== entry.size || digest.digest("hex") !== entry.hash) throw changed;
  if (rest.length > 0) yield Buffer.from(rest.toString("base64"), "latin1");
}
