/** A value on the wire: a number, or the bytes of anything longer. */
export type WireValue = number | Buffer;

const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5];

/**
 * The fields of a message, in their order: https://protobuf.dev/programming-guides/encoding/
 *
 * @throws RangeError if the bytes are no message.
 */
export function* fieldsOf(bytes: Buffer): Generator<[number, WireValue]> {
  const position = { at: 0 };
  while (position.at < bytes.length) {
    const tag = varint(bytes, position);
    yield [Math.floor(tag / 8), valueOf(tag % 8, bytes, position)];
  }
}

interface Position {
  at: number;
}

function valueOf(wireType: number, bytes: Buffer, position: Position): WireValue {
  if (wireType === VARINT) return varint(bytes, position);
  if (wireType === BYTES) return take(varint(bytes, position), bytes, position);
  if (wireType === FIXED64) return take(8, bytes, position);
  if (wireType === FIXED32) return take(4, bytes, position);
  throw new RangeError(`wire type ${wireType} is not known`);
}

function take(length: number, bytes: Buffer, position: Position): Buffer {
  const end = position.at + length;
  if (!(length >= 0 && end <= bytes.length)) throw new RangeError("a field is longer than its message");
  const part = bytes.subarray(position.at, end);
  position.at = end;
  return part;
}

const MAX_VARINT_BYTES = 10;

/** As a signed 64-bit integer. */
function varint(bytes: Buffer, position: Position): number {
  let value = 0n;
  for (let index = 0; index < MAX_VARINT_BYTES; index++) {
    const byte = bytes[position.at++];
    if (byte === undefined) break;
    if (index === 0 && byte < 0x80) return byte;
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return Number(BigInt.asIntN(64, value));
  }
  throw new RangeError("a number does not end");
}
