import type { Random } from "../random.ts";
import { headOf } from "./framing.ts";
import type { Caller, FuzzRequest } from "./requests.ts";

/** What is no request of HTTP, or wants to be something else. */
export function garbage(random: Random, { token, host }: Caller): FuzzRequest {
  const own = [`Host: ${host}`, `Authorization: Bearer ${token}`];
  const bytes = random.pick<() => Buffer>([
    () => random.bytes(1 + random.integer(300)),
    () => Buffer.from("GET / HTTP/9.9\r\n\r\n"),
    () => Buffer.from("GET /\r\n"),
    () => Buffer.from("GET /api HTTP/1.1\nHost: localhost\n\n"),
    () => Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0", "latin1"),
    () => Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
    () => headOf("GET", "http://evil.example/api", own),
    () => headOf("GET", "*", own),
    () => headOf("GET", "/api v1", own),
    () => headOf("GET", "/\u00e4\u00f6\u0000", own),
    () => headOf("get", "/api", own),
    () => headOf("GET", "/api", [...own, ` folded: x`, "\tx"]),
    () => headOf("GET", "/api", [...own, "no colon"]),
    () => headOf("GET", "/api", [...own, "A\u0000B: x", "C: \u0000"]),
    () => headOf("GET", "/api", [...own, `X: ${"y".repeat(100_000)}`]),
    () => headOf("GET", "/api", [...own, ...Array.from({ length: 3_000 }, (_, i) => `X-${i}: y`)]),
    () => headOf("GET", `/api?${"x".repeat(100_000)}`, own),
    () => Buffer.concat(Array.from({ length: 5 }, () => headOf("GET", "/api/v1/configmaps?limit=1", own))),
    () => Buffer.concat([headOf("GET", "/api", own), upgrade(random, own)]),
    () => upgrade(random, own),
    () => upgrade(random, own),
  ])();
  return { method: "", url: "", headers: [], body: undefined, bytes, isHttp: false, mayStream: true };
}

/** A watch as a WebSocket, with frames that no client should send. */
function upgrade(random: Random, own: readonly string[]): Buffer {
  const protocols = ["base64.binary.k8s.io", "base64url.bearer.authorization.k8s.io.", "x, y", ""];
  const head = headOf("GET", "/api/v1/configmaps?watch=1&timeoutSeconds=1", [
    ...own,
    "Connection: Upgrade",
    "Upgrade: websocket",
    `Sec-WebSocket-Version: ${random.pick(["13", "13", "13", "8", ""])}`,
    `Sec-WebSocket-Key: ${random.pick(["AAAAAAAAAAAAAAAAAAAAAA==", "short", ""])}`,
    ...(random.chance(0.3) ? [`Sec-WebSocket-Protocol: ${random.pick(protocols)}`] : []),
  ]);
  const frames = random.times(3, () =>
    random.chance(0.5)
      ? random.bytes(random.integer(200))
      : Buffer.from([0x80 + random.integer(16), random.integer(256), ...random.bytes(12)]),
  );
  return Buffer.concat([head, ...frames]);
}
