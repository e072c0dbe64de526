/** Whether to write colours to `stream`: only to a terminal, unless told otherwise. */
export function wantsColor(stream: { isTTY?: boolean }, env = process.env): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"]) return env["FORCE_COLOR"] !== "0";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

/**
 * Twelve colours of the 256 that stay apart for people with deuteranopia, on dark and on light ground.
 *
 * They differ in brightness as much as in hue (after Wong, Nature Methods 8, 441, and Tol's bright and vibrant sets).
 */
export const PALETTE = [32, 208, 36, 170, 74, 214, 133, 108, 166, 39, 180, 98] as const;

/** The same colour for the same name, always. */
export function colorOf(name: string): number {
  let hash = 2166136261;
  for (const char of name) hash = Math.imul(hash ^ char.codePointAt(0)!, 16777619);
  return PALETTE[(hash >>> 0) % PALETTE.length]!;
}

export interface Paint {
  name(name: string, text?: string): string;
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
}

const plain = (text: string): string => text;
const sgr =
  (codes: string) =>
  (text: string): string =>
    `\u001B[${codes}m${text}\u001B[0m`;

/** Ways to colour, or ways to leave as it is. */
export const paintFor = (enabled: boolean): Paint =>
  enabled
    ? {
        name: (name, text = name) => sgr(`38;5;${colorOf(name)}`)(text),
        bold: sgr("1"),
        dim: sgr("2"),
        good: sgr("38;5;36"),
        warn: sgr("38;5;214"),
        bad: sgr("1;38;5;166"),
      }
    : { name: (name, text = name) => text, bold: plain, dim: plain, good: plain, warn: plain, bad: plain };
