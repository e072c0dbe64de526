import { anyOf, type Class, not, ofRanges, PERL, POSIX, type Range, unicode } from "./classes.ts";
import type { Scanner } from "./scanner.ts";

/** What a set is made of: ranges, which are looked up together, and classes, each of which has to be asked. */
interface Parts {
  readonly ranges: Range[];
  readonly classes: Class[];
}

/** More than any set that people write has. */
const MAX_CLASSES = 32;

/**
 * The set behind a `[`, up to its `]`.
 *
 * @throws SyntaxError if it has no end, or holds what is none.
 */
export function setOf(scanner: Scanner): Class {
  const isNegated = scanner.take("^");
  const parts: Parts = { ranges: [], classes: [] };
  do addPart(scanner, parts);
  while (!scanner.take("]"));
  if (parts.classes.length > MAX_CLASSES) throw new SyntaxError("character class is too large");
  const inRanges = ofRanges(parts.ranges);
  const found = parts.classes.length === 0 ? inRanges : anyOf([inRanges, ...parts.classes]);
  return isNegated ? not(found) : found;
}

function addPart(scanner: Scanner, { ranges, classes }: Parts): void {
  const posix = scanner.match(/^\[:(\^?)(\w+):\]/);
  if (posix) return void classes.push(posixOf(posix[1] === "^", posix[2]!));
  const first = itemOf(scanner);
  if (typeof first !== "number") return void classes.push(first);
  // A hyphen before the end stands for itself.
  const isRange = scanner.match(/^-(?=[^\]])/u) !== undefined;
  const last = isRange ? itemOf(scanner) : first;
  if (typeof last !== "number" || last < first) throw new SyntaxError("invalid character class range");
  ranges.push([first, last]);
}

function posixOf(isNegated: boolean, name: string): Class {
  if (!Object.hasOwn(POSIX, name)) throw new SyntaxError(`invalid character class range: [:${name}:]`);
  const found = ofRanges(POSIX[name]!);
  return isNegated ? not(found) : found;
}

/** One character, or a class of several. */
function itemOf(scanner: Scanner): number | Class {
  const character = scanner.next();
  if (character !== "\\") return character.codePointAt(0)!;
  return classOf(scanner) ?? characterOf(scanner);
}

/** The class that stands behind a backslash: `d`, `S`, `pL`, `p{^Greek}` and the like. */
export function classOf(scanner: Scanner): Class | undefined {
  const perl = scanner.match(/^[dDsSwW]/);
  if (perl) {
    const found = ofRanges(PERL[perl[0].toLowerCase()]!);
    return perl[0] === perl[0].toLowerCase() ? found : not(found);
  }
  const property = scanner.match(/^([pP])(?:\{(\^?)(\w+)\}|(\w))/);
  if (!property) return undefined;
  const [, sign, caret, name, letter] = property;
  const found = unicode(name ?? letter!);
  return (sign === "P") === (caret === "^") ? found : not(found);
}

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

/**
 * The character that stands behind a backslash.
 *
 * @throws SyntaxError for letters and digits that mean nothing: RE2 has no references to groups.
 */
export function characterOf(scanner: Scanner): number {
  const hex = scanner.match(/^x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))/);
  if (hex) return Math.min(Number.parseInt(hex[1] ?? hex[2]!, 16), MAX_CODE_POINT);
  const octal = scanner.match(/^(0[0-7]{0,2}|[1-7][0-7]{1,2})/);
  if (octal) return Number.parseInt(octal[0], 8);
  const character = scanner.next();
  if (Object.hasOwn(CONTROLS, character)) return CONTROLS[character]!;
  if (/[A-Za-z0-9]/.test(character)) throw new SyntaxError(`invalid escape sequence: \\${character}`);
  return character.codePointAt(0)!;
}

const MAX_CODE_POINT = 0x10ffff;
