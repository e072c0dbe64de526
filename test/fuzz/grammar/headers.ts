import type { Random } from "../random.ts";

const META = "v=v1;g=meta.k8s.io";
const USUAL = [
  "application/json",
  "*/*",
  "application/yaml",
  `application/json;as=Table;${META},application/json`,
  `application/json;as=Table;${META}`,
  `application/yaml;as=Table;${META}`,
  `application/json;as=PartialObjectMetadata;${META}`,
  `application/json;as=PartialObjectMetadataList;${META}`,
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json",
];
const ODD_ACCEPTS = [
  "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
  "application/com.github.proto-openapi.spec.v3@v1.0+protobuf",
  "application/vnd.kubernetes.protobuf,application/json",
  "application/vnd.kubernetes.protobuf",
  "application/cbor",
  "application/json;stream=watch",
  "image/png",
  "",
  ",",
  ";;;",
  "application/json;q=0",
  "application/json;q=abc",
  'application/json;x="unclosed',
  `${"a/b,".repeat(500)}application/json`,
];

/** Headers that others send, or might. Values that name the answer's form come first. */
const ODD: readonly (readonly [string, readonly string[]])[] = [
  ["Accept-Encoding", ["gzip", "identity", "gzip;q=0", "br, *", "gzip, deflate;q=abc"]],
  ["If-None-Match", ['"x"', "*", 'W/"1"', "nonsense"]],
  ["Range", ["bytes=0-1", "bytes=-1", "lines=1"]],
  ["User-Agent", ["kubectl/v1.32", "curl/8", "Mozilla/5.0", "", "\u00ff\u00fe/1", "a".repeat(1_000)]],
  ["Expect", ["100-continue", "miracles"]],
  ["Audit-Id", ["x", "a b", "x".repeat(500)]],
  ["Impersonate-User", ["root"]],
  ["Origin", ["https://evil.example", "null"]],
  ["Host", ["evil.example", "localhost", "", "[::1"]],
  ["Authorization", ["Bearer wrong", "Basic eDp5", "Bearer", `Bearer ${"x".repeat(2_000)}`]],
  ["Content-Encoding", ["gzip", "identity", "br"]],
  ["Connection", ["close", "keep-alive", "upgrade", "x, close"]],
  ["Upgrade", ["websocket", "h2c", "SPDY/3.1"]],
  ["Sec-WebSocket-Protocol", ["base64.binary.k8s.io", "x"]],
  ["Cookie", ["a=b"]],
  ["X-Forwarded-Host", ["evil.example"]],
  ["X-HTTP-Method-Override", ["DELETE"]],
  ["TE", ["trailers"]],
  ["Trailer", ["X"]],
  ["Date", ["Thu, 01 Jan 1970 00:00:00 GMT"]],
  ["X-Long", ["y".repeat(10_000)]],
];

/** The headers of a request beside those that it needs, as name and value. */
export function headersOf(random: Random): [string, string][] {
  const accepts = random.chance(0.8) ? USUAL : ODD_ACCEPTS;
  const accept: [string, string][] = random.chance(0.3) ? [["Accept", random.pick(accepts)]] : [];
  if (random.chance(0.93)) return accept;
  const odd = random.times(3, (): [string, string] => {
    const [name, values] = random.pick(ODD);
    return [name, random.pick(values)];
  });
  return [...accept, ...odd];
}
