import { stringify } from "yaml";
import type { Random } from "../random.ts";

/** JSON with something wrong about its text. */
export function brokenText(random: Random, json: string): Buffer {
  const text = Buffer.from(json);
  const at = random.integer(text.length + 1);
  const insert = (what: string | Buffer) =>
    Buffer.concat([text.subarray(0, at), Buffer.from(what), text.subarray(at)]);
  return random.weighted<() => Buffer>([
    [3, () => text.subarray(0, at)],
    [3, () => Buffer.from(json.replace("{", '{"metadata":{"name":"z"},"kind":"X","kind":"Y",'))],
    [2, () => insert(random.bytes(1 + random.integer(3)))],
    [2, () => insert("\u00ff")],
    [1, () => insert(Buffer.from([0xff, 0xfe, 0x00]))],
    [1, () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), text])],
    [1, () => Buffer.from(json.replace(/"[^"]*"(?=[,}])/, "1e999"))],
    [1, () => Buffer.from(json.replace(/"[^"]*"(?=[,}])/, "123456789012345678901234567890"))],
    [
      1,
      () =>
        Buffer.from(
          json.replace(/"[^"]*"(?=[,}])/, random.pick(["NaN", "undefined", "'x'", "01", "+1", ".5"])),
        ),
    ],
    [1, () => Buffer.from("[".repeat(random.pick([10, 70, 5_000])))],
    [1, () => Buffer.from('{"a":'.repeat(random.pick([10, 70, 5_000])))],
    [1, () => Buffer.from(json.replace("{", `{"${"\\u0000".repeat(10)}":1,`))],
    [1, () => Buffer.concat([text, text])],
    [1, () => Buffer.from(`${json} // a comment`)],
    [1, () => Buffer.from(json.replace("{", '{"__proto__":{"polluted":true},'))],
  ])();
}

const BOMB = `a: &a [x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]
e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]
`;

/** YAML as its authors never thought of it. */
export function yamlTrick(random: Random, value: unknown): Buffer {
  const text = stringify(value);
  return Buffer.from(
    random.pick([
      () => BOMB + text,
      () => `x: &x {y: *x}\n${text}`,
      () => `<<: {kind: X}\n${text}`,
      () => `${text}\n---\n${text}`,
      () => `t: !!js/function "function () {}"\n${text}`,
      () => `t: !!binary "AAAA"\n${text}`,
      () => `t: !!set {a, b}\n${text}`,
      () => `t: !<tag:x,2026:y> z\n${text}`,
      () => `? [a, b]\n: c\n${text}`,
      () => `kind: X\nkind: Y\n${text}`,
      () => text.replaceAll("  ", "\t"),
      () => `%YAML 9.9\n---\n${text}`,
      () => `${"- ".repeat(random.pick([10, 500]))}x`,
      () => `{${"a: {".repeat(random.pick([10, 100]))}`,
      () => `n: .inf\nm: .nan\no: 0o777\np: 1_000\nq: 12:30:45\n${text}`,
      () => `__proto__: {polluted: true}\n${text}`,
      () => `s: |\n${" ".repeat(200)}x\n${text}`,
      () => text.slice(0, random.integer(text.length)),
    ])(),
  );
}
