import type { Random } from "../random.ts";
import type { Body } from "./bodies.ts";

interface Parts {
  method: string;
  url: string;
  headers: readonly (readonly [string, string])[];
  body: Body | undefined;
}

interface Framed {
  bytes: Buffer;
  isHttp: boolean;
}

/** The bytes of a request of HTTP/1.1, now and then with a lie about its length. */
export function framed(random: Random, { method, url, headers, body }: Parts): Framed {
  const content = body?.bytes ?? Buffer.alloc(0);
  const head = (...more: string[]) =>
    headOf(method, url, [...headers.map(([name, value]) => `${name}: ${value}`), ...more]);
  const honest = (bytes: Buffer): Framed => ({ bytes, isHttp: true });
  const lie = (bytes: Buffer): Framed => ({ bytes, isHttp: false });
  const whole = () => Buffer.concat([head(`Content-Length: ${content.length}`), content]);
  if (!body) return random.chance(0.995) ? honest(head()) : lie(head("Content-Length: 5"));
  return random.weighted<() => Framed>([
    [90, () => honest(whole())],
    [7, () => honest(Buffer.concat([head("Transfer-Encoding: chunked"), chunked(random, content)]))],
    [0.4, () => lie(Buffer.concat([head(`Content-Length: ${content.length + 7}`), content]))],
    [0.4, () => lie(Buffer.concat([head(`Content-Length: ${Math.max(0, content.length - 7)}`), content]))],
    [
      0.3,
      () =>
        lie(
          Buffer.concat([
            head(`Content-Length: ${random.pick(["-1", "abc", "1e3", "0x5", "99999999999999999999"])}`),
            content,
          ]),
        ),
    ],
    [0.3, () => lie(Buffer.concat([head("Content-Length: 5", "Transfer-Encoding: chunked"), content]))],
    [0.3, () => lie(Buffer.concat([head("Content-Length: 5", "Content-Length: 6"), content]))],
    [
      0.3,
      () =>
        lie(
          Buffer.concat([
            head("Transfer-Encoding: chunked"),
            Buffer.from(random.pick(["zz\r\nx", "-1\r\n", "5\r\nab\r\n0\r\n\r\n", "ffffffffffffffff\r\n"])),
          ]),
        ),
    ],
    [0.2, () => lie(Buffer.concat([head("Transfer-Encoding: gzip, chunked"), chunked(random, content)]))],
    [0.2, () => lie(Buffer.concat([head(), content]))],
  ])();
}

/** Bytes above 0x7f are sent as they are: that is for the server to refuse. */
export const headOf = (method: string, url: string, lines: readonly string[]): Buffer =>
  Buffer.from(`${method} ${url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`, "latin1");

function chunked(random: Random, content: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < content.length;) {
    const size = Math.min(content.length - at, 1 + random.integer(2_000));
    parts.push(Buffer.from(`${size.toString(16)}\r\n`), content.subarray(at, at + size), Buffer.from("\r\n"));
    at += size;
  }
  return Buffer.concat([...parts, Buffer.from("0\r\n\r\n")]);
}
