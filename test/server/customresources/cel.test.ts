import { describe, expect, test } from "vitest";
import type { JsonSchema } from "../../../apis/apiextensions/index.ts";
import { checkRules, compileProblem } from "../../../server/customresources/cel/index.ts";
import { Problems } from "../../../server/customresources/structural/index.ts";

const text = { type: "string" };
const schema: JsonSchema = {
  type: "object",
  properties: {
    name: text,
    count: { type: "integer" },
    share: { type: "number" },
    isOn: { type: "boolean" },
    port: { "x-kubernetes-int-or-string": true },
    when: { type: "string", format: "date-time" },
    wait: { type: "string", format: "duration" },
    tags: { type: "array", "x-kubernetes-list-type": "set", items: text },
    list: { type: "array", items: { type: "integer" } },
    items: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["k"],
      items: { type: "object", properties: { k: text, v: { type: "integer" } } },
    },
    labels: { type: "object", additionalProperties: text },
    "a-b": text,
    "x.y/z": text,
    for: text,
    gone: text,
    none: { type: "string", nullable: true },
  },
};
const value = {
  name: "web-1",
  count: 3,
  share: 0.5,
  isOn: true,
  port: "80%",
  when: "2026-01-31T12:30:00.5Z",
  wait: "1h30m",
  tags: ["b", "a"],
  list: [3, 1, 2],
  items: [
    { k: "a", v: 1 },
    { k: "b", v: 2 },
  ],
  labels: { app: "web", "a.b/c": "d" },
  "a-b": "dash",
  "x.y/z": "dots",
  for: "word",
  none: null,
};

/** The problems of a rule about the value above. */
function ask(rule: string, old?: object, more: object = {}): string[] {
  const problems = new Problems();
  const rules = { "x-kubernetes-validations": [{ rule, ...more }] };
  checkRules(value, { ...schema, ...rules }, { path: "spec", old, problems });
  return problems.all.map(({ field, message }) => `${field}: ${message}`);
}

const holding: Record<string, string[]> = {
  "fields and literals": [
    "self.name == 'web-1' && self.count == 3 && self.share == 0.5 && self.isOn",
    'self.name == "web-1" && self.name == r"web-1" && "\\u0041\\x42\\103" == "ABC"',
    "'''a\nb''' == 'a\\nb' && b'a' != b'b' && 0x1F == 31 && 5u == uint(5) && 1e3 == 1000.0",
    "self.port == '80%' && (type(self.port) == string ? true : false) || true",
    "self.none == null && null == null && has(self.name) && !has(self.gone)",
    "self.a__dash__b == 'dash' && self.x__dot__y__slash__z == 'dots' && self.__for__ == 'word'",
    "-self.count == -3 && !!self.isOn && - -1 == 1",
    "self.labels.app == 'web' && self.labels['a.b/c'] == 'd' && 'app' in self.labels",
    "has(self.labels.app) && !has(self.labels.other) && !('x' in self.labels)",
    "[1, 2, 3][1] == 2 && {'a': 1}['a'] == 1 && {'a': 1}.a == 1 && self.list[0] == 3",
  ],
  operators: [
    "1 + 2 * 3 == 7 && (1 + 2) * 3 == 9 && 7 / 2 == 3 && -7 / 2 == -3 && 7 % 3 == 1 && 7.0 / 2.0 == 3.5",
    "1 < 2 && 2 <= 2 && 'a' < 'b' && false < true && 1 < 1.5 && 2u > 1",
    "'a' + 'b' == 'ab' && [1] + [2] == [1, 2] && b'a' + b'b' == b'ab'",
    "true || 1 / 0 == 1",
    "1 / 0 == 1 || true",
    "!(false && 1 / 0 == 1) && !(1 / 0 == 1 && false)",
    "self.count > 2 ? true : 1 / 0 == 1",
    "self.tags == ['a', 'b'] || self.tags == ['b', 'a']",
    "1 == 1.0 && [1] == [1.0] && {'a': [1]} == {'a': [1]} && 1 != 2 && 'a' != 'b'",
    "2 in self.list && !(5 in self.list) && 'a' in self.tags",
  ],
  macros: [
    "self.list.all(x, x > 0) && self.list.exists(x, x == 2) && self.list.exists_one(x, x == 3)",
    "self.list.map(x, x * 2) == [6, 2, 4] && self.list.map(x, x > 1, x) == [3, 2]",
    "self.list.filter(x, x != 1) == [3, 2] && self.items.filter(i, i.v == 2)[0].k == 'b'",
    "self.labels.all(k, size(k) > 2) && self.labels.exists(k, self.labels[k] == 'd')",
    "self.list.all(i, x, i < 3 && x > 0) && self.labels.all(k, v, size(v) > 0)",
    "self.list.transformList(i, x, i + x) == [3, 2, 4]",
    "self.labels.transformMap(k, v, v + '!')['app'] == 'web!'",
    "self.list.all(x, self.list.exists(y, y == x))",
    "[1, 2].exists(x, x == 1 || x / 0 == 1) && ![0].all(x, false)",
  ],
  strings: [
    "self.name.startsWith('web') && self.name.endsWith('1') && self.name.contains('b-') && size(self.name) == 5",
    "self.name.matches('^[a-z]+-[0-9]+$') && !self.name.matches('(?i)^WEB$')",
    "self.name.split('-') == ['web', '1'] && ['a', 'b'].join(',') == 'a,b' && 'a,b,c'.split(',', 2) == ['a', 'b,c']",
    "'Abc'.lowerAscii() == 'abc' && 'Abc'.upperAscii() == 'ABC' && ' a '.trim() == 'a'",
    "'abcb'.indexOf('b') == 1 && 'abcb'.lastIndexOf('b') == 3 && 'abc'.indexOf('x') == -1 && 'abcb'.indexOf('b', 2) == 3",
    "'abc'.substring(1) == 'bc' && 'abc'.substring(1, 2) == 'b' && 'abc'.charAt(1) == 'b'",
    "'aXbX'.replace('X', '-') == 'a-b-' && 'aXbX'.replace('X', '-', 1) == 'a-bX'",
    "'%s is %d of %.1f, %x'.format(['a', 1, 2.0, 255]) == 'a is 1 of 2.0, ff' && '%s'.format([[1, 'a']]) == '[1, a]'",
    "size('äöü') == 3 && '😀a'.charAt(1) == 'a'",
  ],
  conversions: [
    "int('5') == 5 && int(5.9) == 5 && double('1.5') == 1.5 && string(5) == '5' && string(true) == 'true' && bool('true')",
    "type(1) == type(2) && type(1) != type('a') && type(self.list) == type([])",
    "uint('5') == 5u && string(b'ab') == 'ab' && bytes('ab') == b'ab' && dyn(1) == 1",
  ],
  times: [
    "self.when > timestamp('2026-01-31T12:00:00Z') && self.when.getFullYear() == 2026 && self.when.getMonth() == 0",
    "self.when.getHours() == 12 && self.when.getMinutes('+01:30') == 0 && self.when.getHours('Europe/Berlin') == 13",
    "self.when.getDayOfWeek() == 6 && self.when.getDayOfYear() == 30 && self.when.getDate() == 31 && self.when.getDayOfMonth() == 30",
    "self.wait == duration('90m') && self.wait.getHours() == 1 && self.wait.getMinutes() == 90 && duration('1.5s') > duration('100ms')",
    "self.when + duration('1h') - self.when == duration('3600s') && string(duration('90m')) == '5400s'",
    "self.when.getMilliseconds() == 500 && string(timestamp('2026-01-01T00:00:00.5Z')) == '2026-01-01T00:00:00.5Z'",
  ],
  "lists and sets": [
    "[1, 2, 2].isSorted() && !self.list.isSorted() && self.list.sum() == 6 && self.list.min() == 1 && self.list.max() == 3",
    "self.list.indexOf(1) == 1 && [1, 1].lastIndexOf(1) == 1 && [1, 2].indexOf(5) == -1",
    "sets.contains([1, 2], [2]) && sets.equivalent([1, 2, 2], [2, 1]) && sets.intersects([1], [1, 2])",
    "[3, 1].sort() == [1, 3] && [1, 1].distinct() == [1] && [1, 2, 3].slice(1, 3) == [2, 3] && [[1], [2]].flatten() == [1, 2]",
  ],
  optionals: [
    "self.?gone.orValue('x') == 'x' && self.?name.orValue('x') == 'web-1' && !self.?gone.hasValue()",
    "self.labels[?'app'].value() == 'web' && self.?labels.?other.orValue('no') == 'no'",
    "optional.of(1).optMap(x, x + 1).value() == 2 && optional.none().or(optional.of(2)).value() == 2",
    "[?self.?gone, ?self.?name] == ['web-1'] && {?'a': self.?gone} == {} && optional.ofNonZeroValue('').hasValue() == false",
  ],
  "types of Kubernetes": [
    "quantity('1500m').isGreaterThan(quantity('1')) && quantity('1Ki') == quantity('1024') && quantity('50k').asInteger() == 50000",
    "isQuantity('1.3Gi') && !isQuantity('1,3') && quantity('1').add(quantity('500m')).compareTo(quantity('1.5')) == 0 && quantity('-1').sign() == -1",
    "url('https://a.com:80/p?x=1').getHost() == 'a.com:80' && url('https://a.com:80/p').getHostname() == 'a.com' && url('https://a.com:80/p').getPort() == '80'",
    "isURL('/path') && !isURL('../path') && url('https://a.com/p?x=1&x=2').getQuery()['x'] == ['1', '2'] && url('https://[::1]:80/').getHostname() == '::1'",
    "isIP('10.0.0.1') && !isIP('10.0.0') && ip('::1').family() == 6 && ip('127.0.0.1').isLoopback() && ip.isCanonical('::1') && !ip.isCanonical('::0001')",
    "cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && cidr('10.0.0.1/8').masked() == cidr('10.0.0.0/8') && cidr('10.0.0.0/8').prefixLength() == 8",
    "string(ip('2001:db8:0:0:1:0:0:1')) == '2001:db8::1:0:0:1' && string(cidr('fe80::/10')) == 'fe80::/10'",
    "semver('1.2.3').isLessThan(semver('1.10.0')) && semver('1.0.0-alpha').isLessThan(semver('1.0.0')) && isSemver('1.2.3') && !isSemver('1.2') && isSemver('v1.2', true) && semver('1.2.3').minor() == 2",
    "!format.dns1123Label().validate('ok').hasValue() && format.dns1123Label().validate('Not_ok').hasValue() && format.named('uuid').hasValue()",
  ],
};

for (const [what, rules] of Object.entries(holding))
  describe(what, () => {
    test.each(rules)("%s", (rule) => {
      expect(compileProblem(rule, { self: schema })).toBeUndefined();
      expect(ask(rule)).toEqual([]);
    });
  });

test.each([
  ["self.count == 4", "failed rule: self.count == 4"],
  ["self.gone == 'x'", "no such key: gone evaluating rule: self.gone == 'x'"],
  ["self.list[7] == 1", "index out of bounds: 7 evaluating rule"],
  ["1 / 0 == 1", "division by zero evaluating rule"],
  ["'a' < 1", "no such overload"],
  ["9223372036854775807 + 1 > 0", "integer overflow"],
  ["self.count", "failed rule: self.count"],
  ["quantity('x').sign() == 1", "quantities must match"],
])("%s does not hold", (rule, message) => {
  expect(ask(rule)).toEqual([expect.stringContaining(message)]);
});

test.each([
  ["self.nope == 1", "undefined field 'nope'"],
  ["self.items.all(i, i.nope == 1)", "undefined field 'nope'"],
  ["self.name.nope == 1", "type 'string' does not support field selection"],
  ["nope == 1", "undeclared reference to 'nope'"],
  ["nope(self)", "undeclared reference to 'nope'"],
  ["self.list.all(x, y > 1)", "undeclared reference to 'y'"],
  ["self.count >", "Syntax error"],
  ["self.count == 'a", "has no end"],
  ["self.list.all(1, true)", "takes a variable and an expression"],
  ["has(self)", "invalid argument to has() macro"],
  ["99999999999999999999 > 1", "invalid int literal"],
  ["self.for == 'x'", undefined],
  [`${"(".repeat(500)}1${")".repeat(500)}`, "nests too deeply"],
  [`1${" + 1".repeat(5000)} > 0`, "the expression is too long"],
  ["self @ 1", "token recognition error"],
])("%s is not compiled", (rule, problem) => {
  const found = compileProblem(rule, { self: schema });
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(problem);
});

test("a message may be an expression, with the message itself if it gives none", () => {
  expect(ask("false", undefined, { messageExpression: "'has ' + string(self.count)", message: "m" })).toEqual(
    ['spec: Invalid value: "object": has 3'],
  );
  expect(ask("false", undefined, { messageExpression: "self.gone", message: "m" })).toEqual([
    'spec: Invalid value: "object": m',
  ]);
});

test("a rule names the reason and the field that it is about", () => {
  const more = { message: "m", reason: "FieldValueRequired", fieldPath: ".labels['a.b']" };
  expect(ask("false", undefined, more)).toEqual(["spec.labels[a.b]: Required value: m"]);
});

test("a rule about the old value is asked of changes only", () => {
  expect(ask("self.count >= oldSelf.count")).toEqual([]);
  expect(ask("self.count >= oldSelf.count", { count: 5 })).toHaveLength(1);
  expect(ask("self.count >= oldSelf.count", { count: 3 })).toEqual([]);
  const more = { optionalOldSelf: true };
  expect(ask("oldSelf.hasValue() || self.count == 3", undefined, more)).toEqual([]);
  expect(ask("oldSelf.optMap(o, o.count < self.count).orValue(true)", { count: 5 }, more)).toHaveLength(1);
});

test("rules that would take for ever are ended", () => {
  const long = "self.list.all(a, ".replace("self.list", "BIG");
  const list = `[${Array.from({ length: 200 }, (_, i) => i).join()}]`;
  const rule = `${["a", "b", "c", "d"].map((name) => long.replace("BIG", list).replace("a,", `${name},`)).join("")} a + b + c + d >= 0${")".repeat(4)}`;
  expect(ask(rule)).toEqual([expect.stringContaining("out of cost budget")]);
});
