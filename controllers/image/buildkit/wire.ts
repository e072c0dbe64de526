/** One field of a protobuf message: a number, or bytes. */
export interface Field {
  number: number;
  /** Of a varint; 0 for anything else. */
  value: number;
  /** Of what has a length; empty for anything else. */
  bytes: Buffer;
}

/**
 * The fields of a protobuf message, in the order in which they come. Reads what BuildKit sends: varints up to 2^53, and
 * what has a length; numbers of a fixed width are stepped over.
 *
 * @throws RangeError for what is cut short, or is no message.
 */
export function* fieldsOf(message: Buffer): Generator<Field, void, void> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = message.readUInt8(at++);
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const key = varint();
    const [number, type] = [Math.floor(key / 8), key % 8];
    if (type === 0) yield { number, value: varint(), bytes: EMPTY };
    else if (type === 2) {
      const length = varint();
      if (at + length > message.length) throw new RangeError("a field goes beyond its message");
      yield { number, value: 0, bytes: message.subarray(at, at + length) };
      at += length;
    } else if (type === 1 || type === 5) at += type === 1 ? 8 : 4;
    else throw new RangeError(`no such wire type: ${type}`);
  }
}

const EMPTY: Buffer = Buffer.alloc(0);

/** A field that holds text or bytes. */
export function bytesField(number: number, value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as Uint8Array);
  return Buffer.concat([varintOf(number * 8 + 2), varintOf(bytes.length), bytes]);
}

export const varintField = (number: number, value: number): Buffer =>
  Buffer.concat([varintOf(number * 8), varintOf(value)]);

/** For numbers beyond 2^53. */
export function bigVarintField(number: number, value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 128n; rest /= 128n) bytes.push(Number(rest % 128n) | 0x80);
  return Buffer.concat([varintOf(number * 8), Buffer.from([...bytes, Number(rest)])]);
}

function varintOf(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
}

/** A `google.protobuf.Timestamp`, in milliseconds since 1970. */
export function timestampMs(message: Buffer): number {
  let ms = 0;
  for (const { number, value } of fieldsOf(message)) {
    if (number === 1) ms += value * 1000;
    if (number === 2) ms += value / 1e6;
  }
  return ms;
}
