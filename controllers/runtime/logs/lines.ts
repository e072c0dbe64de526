import { PARTIAL, PREFIX_BYTES, type StreamName, TAG_OFFSET, TIME_BYTES } from "./cri.ts";

export interface LineFormat {
  timestamps?: boolean;
  /** Lines before it are left out; as in the file. */
  since?: string;
  /** Only what was written there. */
  stream?: StreamName;
}

const STREAM_OFFSET = TIME_BYTES + 1;

const NEWLINE = 10;
const NOTHING: Buffer = Buffer.alloc(0);

/** Turns the bytes of log files, cut anywhere, into what people read: the text alone, or with its time. */
export class LineDecoder {
  readonly #format: LineFormat;
  #rest: Buffer = NOTHING;
  #isWithinLine = false;
  #hasBegun: boolean;

  constructor(format: LineFormat) {
    this.#format = format;
    this.#hasBegun = format.since === undefined;
  }

  push(chunk: Buffer): Buffer {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const out: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#line(bytes.subarray(start, end + 1), out);
      start = end + 1;
    }
    this.#rest = Buffer.from(bytes.subarray(start));
    return Buffer.concat(out);
  }

  /** The next bytes are of another file, and perhaps of another run. */
  nextFile({ isNewRun }: { isNewRun: boolean }): Buffer {
    this.#rest = NOTHING;
    if (!isNewRun || !this.#isWithinLine) return NOTHING;
    this.#isWithinLine = false;
    return Buffer.from("\n");
  }

  #line(line: Buffer, out: Buffer[]): void {
    if (line.length <= PREFIX_BYTES) return; // torn by a crash
    const { stream } = this.#format;
    if (stream && line.toString("latin1", STREAM_OFFSET, STREAM_OFFSET + stream.length) !== stream) return;
    this.#hasBegun ||= line.toString("latin1", 0, TIME_BYTES) >= this.#format.since!;
    if (!this.#hasBegun) return;
    if (this.#format.timestamps && !this.#isWithinLine) out.push(line.subarray(0, TIME_BYTES + 1));
    const isPartial = line[TAG_OFFSET] === PARTIAL;
    out.push(line.subarray(PREFIX_BYTES, isPartial ? -1 : undefined));
    this.#isWithinLine = isPartial;
  }
}
