const NEWLINE = 0x0a;

/**
 * The lines of a stream, newline included, whatever its chunks are.
 *
 * Bytes are only put together when a line is complete: no character is cut, and a line of megabytes is copied once.
 * What follows the last newline comes last, as it is.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  let parts: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end + 1));
      yield joined(parts);
      parts = [];
      start = end + 1;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  if (parts.length > 0) yield joined(parts);
}

export const isComplete = (line: Uint8Array): boolean => line.at(-1) === NEWLINE;

function joined(parts: Uint8Array[]): Buffer {
  const [only] = parts;
  if (parts.length > 1 || !only) return Buffer.concat(parts);
  return Buffer.from(only.buffer, only.byteOffset, only.byteLength);
}
