/** How a value stands on the wire, as the low bits of its tag say. */
const WIRE = { varint: 0, fixed64: 1, bytes: 2 } as const;
const FIRST_SIZE = 4096;
/** On each byte of a number but the last. */
const CONTINUES = 0x80;

/**
 * Bytes that are written from the last to the first: the length of a message stands before the message, and is known
 * once that has been written. So fields are written in falling order of their numbers, and lists from their end.
 */
export class Output {
  #bytes = Buffer.allocUnsafe(FIRST_SIZE);
  #start = FIRST_SIZE;

  /** How much has been written. */
  get length(): number {
    return this.#bytes.length - this.#start;
  }

  /** A copy of what has been written. */
  toBuffer(): Buffer {
    return Buffer.from(this.#bytes.subarray(this.#start));
  }

  /** The number of a field, and how its value is written. */
  varintField(field: number, value: number): void {
    this.#varint(value);
    this.#varint(field * 8 + WIRE.varint);
  }

  doubleField(field: number, value: number): void {
    const at = this.#reserve(8);
    this.#bytes.writeDoubleLE(value, at);
    this.#varint(field * 8 + WIRE.fixed64);
  }

  textField(field: number, value: string): void {
    const length = Buffer.byteLength(value);
    const at = this.#reserve(length);
    this.#bytes.write(value, at, "utf8");
    this.#lengthOf(field, length);
  }

  /** Fields that have been written before, in their order. */
  raw(parts: readonly Uint8Array[]): void {
    for (const part of parts.toReversed()) {
      const at = this.#reserve(part.length);
      this.#bytes.set(part, at);
    }
  }

  /** A message, whose content `write` writes. */
  messageField(field: number, write: () => void): void {
    const before = this.length;
    write();
    this.#lengthOf(field, this.length - before);
  }

  #lengthOf(field: number, length: number): void {
    this.#varint(length);
    this.#varint(field * 8 + WIRE.bytes);
  }

  #varint(value: number): void {
    const groups = groupsOf(value);
    const at = this.#reserve(groups.length);
    groups.forEach((group, i) => (this.#bytes[at + i] = i < groups.length - 1 ? group + CONTINUES : group));
  }

  /** Makes room before what has been written, in a larger buffer if need be. Returns where it begins. */
  #reserve(length: number): number {
    if (length > this.#start) this.#grow(length);
    this.#start -= length;
    return this.#start;
  }

  #grow(length: number): void {
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.length + length * 2));
    const start = larger.length - this.length;
    this.#bytes.copy(larger, start, this.#start);
    this.#bytes = larger;
    this.#start = start;
  }
}

/** Seven bits at a time, the lowest first; a negative number as the 64 bits of its two's complement. */
function groupsOf(value: number): number[] {
  if (value >= 0 && value < CONTINUES) return [value];
  const groups: number[] = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); rest > 0n; rest >>= 7n)
    groups.push(Number(rest & 0x7fn));
  return groups;
}
