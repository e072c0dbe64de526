import { expect, test } from "vitest";
import { compilePattern } from "../../apis/regexp/index.ts";
import { TooCostlyError, Work } from "../../server/customresources/work.ts";

const matches = (pattern: string, text: string) => compilePattern(pattern).test(text, new Work().spend);

test.each<[pattern: string, matching: string[], other: string[]]>([
  ["", ["", "a"], []],
  ["^$", [""], ["a", "\n"]],
  ["^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", ["a", "a-b"], ["-a", "a-", "A"]],
  ["a{2,3}b", ["aab", "xaaab"], ["ab"]],
  ["^a{,3}$", ["a{,3}"], ["a"]],
  ["^(?i)abc$", ["aBc"], ["ab"]],
  ["^a(?i:b)c$", ["aBc"], ["aBC"]],
  ["^(a(?i)b)c$", ["aBc"], ["abC"]],
  ["(?m)^b$", ["a\nb\nc"], ["ab"]],
  ["^a.b$", ["axb", "a😀b"], ["a\nb", "ab"]],
  ["(?s)^a.b$", ["a\nb"], []],
  ["\\Aab\\z", ["ab"], ["ab\n"]],
  ["\\bfoo\\b", ["a foo b", "foo"], ["afoo"]],
  ["^\\pL\\p{Lu}\\p{Greek}\\P{N}$", ["äÄαx"], ["äÄα1"]],
  ["^\\p{^L}$", ["1"], ["a"]],
  ["^[[:alpha:]_]+$", ["a_B"], ["1"]],
  ["^[^]a]$", ["b"], ["]", "a"]],
  ["^[]a-]$", ["]", "a", "-"], ["b"]],
  ["^[\\d\\-x]+$", ["1-x"], ["y"]],
  ["^\\Q.*\\E$", [".*"], ["xx"]],
  ["^\\x41\\x{1F600}\\101\\t$", ["A😀A\t"], []],
  ["^(?P<year>\\d{4})-(?<month>\\d\\d)$", ["2026-01"], ["26-01"]],
  ["^(ab|cd)*?$", ["", "abcd"], ["abc"]],
  ["^\\w+@\\S+$", ["a@ä"], ["ä@a"]],
])("%s is understood as RE2 does", (pattern, matching, other) => {
  for (const text of matching) expect([text, matches(pattern, text)]).toEqual([text, true]);
  for (const text of other) expect([text, matches(pattern, text)]).toEqual([text, false]);
});

test.each([
  "(",
  ")",
  "[",
  "a**",
  "*",
  "a{2,1}",
  "a{1001}",
  "(?=a)",
  "(?!a)",
  "(?<=a)b",
  "\\1",
  "\\k",
  "[b-a]",
  "[[:nope:]]",
  "\\pX",
  "\\",
  "((a{100}){100}){100}",
  "(".repeat(1000),
])("%s is refused", (pattern) => {
  expect(() => compilePattern(pattern)).toThrow(SyntaxError);
});

test("texts that others never come to an end with are answered", () => {
  expect(matches("^(a+)+$", `${"a".repeat(500_000)}b`)).toBe(false);
  expect(matches("^(a|aa)+$", `${"a".repeat(500_000)}b`)).toBe(false);
  expect(matches("(x+x+)+y", "x".repeat(500_000))).toBe(false);
});

test("a text that is too costly for a large pattern is refused", () => {
  const everyCharacter = Array.from({ length: 60_000 }, (_, i) =>
    String.fromCodePoint(0x4e00 + (i % 20_000)),
  );
  expect(() => matches("(.{1,30}){1,30}z", everyCharacter.join(""))).toThrow(TooCostlyError);
});
