/** An answer of HTTP/1.1. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

interface Read {
  answer: Answer;
  /** So many bytes it took. */
  length: number;
}

/** The first whole answer in what was received; undefined while there is none. */
export function readAnswer(received: Buffer, method: string, hasEnded = false): Read | undefined {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...lines] = received.toString("latin1", 0, end).split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0);
  const headers = Object.fromEntries(lines.map((line) => headerOf(line)));
  const content = bodyIn(received.subarray(end + 4), { status, headers, method, hasEnded });
  return content && { answer: { status, headers, body: content.body }, length: end + 4 + content.length };
}

function headerOf(line: string): [string, string] {
  const at = line.indexOf(":");
  return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
}

interface Framing {
  status: number;
  headers: Record<string, string>;
  method: string;
  hasEnded: boolean;
}

function bodyIn(bytes: Buffer, { status, headers, method, hasEnded }: Framing) {
  const isEmpty = method === "HEAD" || status === 204 || status === 304 || (status >= 100 && status < 200);
  if (isEmpty) return { body: Buffer.alloc(0), length: 0 };
  if (headers["transfer-encoding"] === "chunked") return chunksIn(bytes);
  const { "content-length": announced } = headers;
  if (announced === undefined) return hasEnded ? { body: bytes, length: bytes.length } : undefined;
  const length = Number(announced);
  return bytes.length >= length ? { body: bytes.subarray(0, length), length } : undefined;
}

function chunksIn(bytes: Buffer) {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const line = bytes.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, line), 16);
    const start = line + 2;
    if (bytes.length < start + size + 2) return undefined;
    if (size === 0) return { body: Buffer.concat(parts), length: start + 2 };
    parts.push(bytes.subarray(start, start + size));
    at = start + size + 2;
  }
}
