/** Says whether a character, given as its code point, belongs. */
export type Class = (codePoint: number) => boolean;

export type Range = readonly [from: number, to: number];

const code = (character: string): number => character.codePointAt(0)!;

const ranges = (text: string): Range[] =>
  text.split(" ").map((range) => [code(range[0]!), code(range.at(-1)!)] as const);

const DIGIT = ranges("0-9");
const WORD = ranges("0-9 A-Z _ a-z");
/** As RE2 has it: without the vertical tab. */
const SPACE: Range[] = [
  [9, 10],
  [12, 13],
  [32, 32],
];

/** `\d`, `\s` and `\w` are about ASCII only. */
export const PERL: Readonly<Record<string, readonly Range[]>> = { d: DIGIT, s: SPACE, w: WORD };

export const POSIX: Readonly<Record<string, readonly Range[]>> = {
  alnum: ranges("0-9 A-Z a-z"),
  alpha: ranges("A-Z a-z"),
  ascii: [[0, 127]],
  blank: [
    [9, 9],
    [32, 32],
  ],
  cntrl: [
    [0, 31],
    [127, 127],
  ],
  digit: DIGIT,
  graph: ranges("!-~"),
  lower: ranges("a-z"),
  print: [[32, 126]],
  punct: ranges("!-/ :-@ [-` {-~"),
  space: [
    [9, 13],
    [32, 32],
  ],
  upper: ranges("A-Z"),
  word: WORD,
  xdigit: ranges("0-9 A-F a-f"),
};

/** However many ranges there are, few are looked at. */
export function ofRanges(all: readonly Range[]): Class {
  const sorted = merged(all);
  return (codePoint) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]![1] < codePoint) low = middle + 1;
      else high = middle;
    }
    return low < sorted.length && sorted[low]![0] <= codePoint;
  };
}

/** In order, and none inside of another. */
function merged(all: readonly Range[]): Range[] {
  const result: [number, number][] = [];
  for (const [from, to] of all.toSorted(([a], [b]) => a - b)) {
    const last = result.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}

export const not =
  (inner: Class): Class =>
  (codePoint) =>
    !inner(codePoint);

export const anyOf =
  (all: readonly Class[]): Class =>
  (codePoint) =>
    all.some((one) => one(codePoint));

/** The same, whatever the case. */
export const folded =
  (inner: Class): Class =>
  (codePoint) =>
    inner(codePoint) || variantsOf(codePoint).some(inner);

function variantsOf(codePoint: number): number[] {
  const text = String.fromCodePoint(codePoint);
  return [text.toLowerCase(), text.toUpperCase()]
    .filter((variant) => variant.length === text.length)
    .map(code);
}

/**
 * The class of a Unicode category or script, such as `L`, `Lu` or `Greek`.
 *
 * @throws SyntaxError if there is none of this name.
 */
export function unicode(name: string): Class {
  if (name === "Any") return () => true;
  const pattern = propertyOf(name);
  return (codePoint) => pattern.test(String.fromCodePoint(codePoint));
}

function propertyOf(name: string): RegExp {
  for (const property of [`gc=${name}`, `sc=${name}`]) {
    try {
      return new RegExp(`^\\p{${property}}$`, "u");
    } catch {
      // A script, perhaps.
    }
  }
  throw new SyntaxError(`invalid character class range: \\p{${name}}`);
}
