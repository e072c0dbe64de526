import {
  array,
  assert,
  boolean,
  dictionary,
  double,
  maxSafeInteger,
  property,
  record,
  string,
} from "fast-check";
import { expect, test } from "vitest";
import * as read from "../../../server/codec/protobuf/message.ts";
import * as write from "../../../server/codec/protobuf/write.ts";

/** A message with a field of every shape, which holds itself. */
const content: write.Content = (out, value) => fields(out, value);
const fields = write.fields({
  name: [1, write.text],
  flag: [2, write.flag],
  count: [3, write.integer],
  ratio: [4, write.double],
  words: [15, write.repeated(write.keptText)],
  byName: [16, write.members(write.keptText)],
  child: [2047, write.nested(content)],
  children: [2048, write.repeated(write.nested(content))],
});

const child: (value: Buffer | number) => unknown = (value) => read.nested(message)(value);
const message: read.Message = {
  1: read.one("name", read.text),
  2: read.one("flag", read.boolean),
  3: read.one("count", read.integer),
  4: read.one("ratio", (value) => (value as Buffer).readDoubleLE()),
  15: read.list("words", read.keptText),
  16: read.map("byName", read.keptText),
  2047: read.one("child", child),
  2048: read.list("children", child),
};

const roundTrip = (value: object) => read.readMessage(message, write.bytesOf(content, value));

const unicode = string({ unit: "grapheme" });
const leaf = {
  name: string({ unit: "grapheme", minLength: 1 }),
  flag: boolean().filter(Boolean),
  count: maxSafeInteger().filter((n) => n !== 0),
  ratio: double({ noNaN: true }).filter((n) => n !== 0),
  words: array(unicode, { minLength: 1 }),
  byName: dictionary(
    unicode.filter((key) => key !== "__proto__"),
    unicode,
    { minKeys: 1 },
  ),
};
const node = record(leaf, { requiredKeys: [] });
const tree = record({ ...leaf, child: node, children: array(node, { minLength: 1 }) }, { requiredKeys: [] });

test("what is written is what is read", () => {
  assert(
    property(tree, (value) => {
      expect(roundTrip(value)).toEqual(value);
    }),
  );
});

test("messages longer than any buffer, and nested deeply, are written", () => {
  let deep: object = { name: "x".repeat(100_000) };
  for (let i = 0; i < 500; i++) deep = { child: deep, words: ["a".repeat(i)] };
  expect(roundTrip(deep)).toEqual(deep);
  const wide = { children: Array.from({ length: 20_000 }, (_, i) => ({ count: i + 1 })) };
  expect(roundTrip(wide)).toEqual(wide);
});

test("what protobuf leaves out is not written, but for what tells by being there", () => {
  expect(
    write.bytesOf(content, { name: "", flag: false, count: 0, ratio: 0, words: [], byName: {} }),
  ).toHaveLength(0);
  expect(roundTrip({ child: {}, words: [""], byName: { "": "" } })).toEqual({
    child: {},
    words: [""],
    byName: { "": "" },
  });
});

test("a value of another type than the field is left out, and nothing throws", () => {
  const odd = {
    name: 5,
    flag: "yes",
    count: 1.5,
    ratio: "1",
    words: [1, null, "a"],
    byName: null,
    child: null,
  };
  expect(roundTrip(odd)).toEqual({ words: ["a"], child: {} });
  expect(roundTrip({ name: undefined, child: undefined, other: 1 })).toEqual({});
});

test("the bytes are those of every writer of protobuf", () => {
  const hex = (value: object) => write.bytesOf(content, value).toString("hex");
  expect(hex({ name: "testing" })).toBe("0a0774657374696e67");
  expect(hex({ count: 150 })).toBe("189601");
  expect(hex({ count: -1 })).toBe("18ffffffffffffffffff01");
  expect(hex({ ratio: 1 })).toBe("21000000000000f03f");
});
