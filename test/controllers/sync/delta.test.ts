import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bytesToSend, chunksOf, deltaOf } from "../../../controllers/sync/index.ts";

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const cut = (bytes: Uint8Array, size = 1 << 16) => chunksOf(inPieces(bytes, size));

/** Bytes without a pattern, the same for the same seed. */
function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = seed;
  for (let at = 0; at < length; at++)
    bytes[at] = (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 24;
  return bytes;
}

const built = (base: Uint8Array, next: Uint8Array, pieces: ReturnType<typeof deltaOf>) =>
  Buffer.concat(
    pieces.map(({ type, offset, length }) =>
      (type === "copy" ? base : next).subarray(offset, offset + length),
    ),
  );

const block = fc.record({
  seed: fc.integer({ min: 1, max: 6 }),
  length: fc.integer({ min: 0, max: 100_000 }),
});
const content = fc
  .array(block, { maxLength: 5 })
  .map((blocks) => Buffer.concat(blocks.map(({ seed, length }) => noise(length, seed))));

test("a file is made of its pieces, whatever it was before", async () => {
  await fc.assert(
    fc.asyncProperty(content, content, fc.integer({ min: 5000, max: 200_000 }), async (base, next, size) => {
      const [before, after] = [await cut(base), await cut(next, size)];
      expect(after).toEqual(await cut(next));
      expect(built(base, next, deltaOf(before, after)).equals(next)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("CF-11: of a large file, one changed or inserted byte sends little of it", async () => {
  const base = noise(8_000_000, 7);
  const before = await cut(base);
  const changed = Buffer.from(base);
  changed[4_000_000]! ^= 1;
  const inserted = Buffer.concat([base.subarray(0, 4_000_000), Buffer.of(1), base.subarray(4_000_000)]);
  for (const next of [changed, inserted]) {
    const pieces = deltaOf(before, await cut(next));
    expect(bytesToSend(pieces)).toBeLessThan(200_000);
    expect(pieces.length).toBeLessThanOrEqual(3);
    expect(built(base, next, pieces).equals(next)).toBe(true);
  }
});

test("a file that is all the same byte is cut as well", async () => {
  const chunks = await cut(Buffer.alloc(1_000_000));
  expect(chunks.every(({ length }) => length <= 64 * 1024)).toBe(true);
  expect(bytesToSend(deltaOf(chunks, await cut(Buffer.alloc(2_000_000))))).toBeLessThan(64 * 1024);
});
