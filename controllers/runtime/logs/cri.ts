/** Lines of a log as Kubernetes runtimes write them: `2026-01-01T00:00:00.000000000Z stdout F text`. */
export type StreamName = "stdout" | "stderr";

/** Every line begins with this many bytes before its text: both stream names are of one length. */
export const PREFIX_BYTES = "2026-01-01T00:00:00.000000000Z stdout F ".length;
export const TIME_BYTES = "2026-01-01T00:00:00.000000000Z".length;
/** Where the tag is: F for a full line, P for a part of one whose rest follows in the next line. */
export const TAG_OFFSET = PREFIX_BYTES - 2;
export const PARTIAL = "P".charCodeAt(0);

const NEWLINE = 10;
/** A line that gets longer without an end is written in parts of about this size, as containerd does. */
const LONGEST_PART = 16 * 1024;
const NOTHING: Buffer = Buffer.alloc(0);

/** Nanoseconds as Kubernetes writes them; the clock has milliseconds. */
export const criTime = (timeMs: number): string => `${new Date(timeMs).toISOString().slice(0, -1)}000000Z`;

/** The same of an RFC 3339 time, with as much of a second as that tells. */
export function criTimeOf(time: string): string {
  const [, whole, fraction = "", zone] = /^(.{19})(?:\.(\d{1,9}))?(.*)$/.exec(time) ?? [];
  const seconds = new Date(`${whole}${zone}`).toISOString().slice(0, 19);
  return `${seconds}.${fraction.padEnd(9, "0")}Z`;
}

/** Turns what one stream delivers, cut anywhere, into lines. Bytes are kept as they are, whatever their encoding. */
export class LineEncoder {
  readonly #stream: StreamName;
  #rest: Buffer = NOTHING;

  constructor(stream: StreamName) {
    this.#stream = stream;
  }

  /** Whether a line has begun and not ended. */
  get hasRest(): boolean {
    return this.#rest.length > 0;
  }

  push(chunk: Buffer, timeMs: number): Buffer {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    this.#rest = bytes.subarray(end);
    const lines = end > 0 ? this.#encode(bytes.subarray(0, end - 1), timeMs, "F") : NOTHING;
    if (this.#rest.length < LONGEST_PART) {
      if (end > 0) this.#rest = Buffer.from(this.#rest); // do not hold on to the whole chunk
      return lines;
    }
    return Buffer.concat([lines, this.flush(timeMs)]);
  }

  /** What has come of a line that may go on later. */
  flush(timeMs: number): Buffer {
    if (!this.hasRest) return NOTHING;
    const part = this.#encode(this.#rest, timeMs, "P");
    this.#rest = NOTHING;
    return part;
  }

  /** One pass in native code: floods are the case that counts. Latin-1 takes every byte there and back. */
  #encode(text: Buffer, timeMs: number, tag: "F" | "P"): Buffer {
    const prefix = `${criTime(timeMs)} ${this.#stream} ${tag} `;
    return Buffer.from(`${prefix}${text.toString("latin1").replaceAll("\n", `\n${prefix}`)}\n`, "latin1");
  }
}
