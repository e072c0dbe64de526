/** Colours and the like (`ESC [ … m`), which may pass. */
// oxlint-disable-next-line eslint/no-control-regex -- control characters are what this file is about
const SGR = /^\u001B\[[0-9;:]*m/;
// All control characters but tab and newline, and the marks that turn the direction of text around.
// oxlint-disable-next-line eslint/no-control-regex -- as above
const UNSAFE = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/**
 * Text from elsewhere, made safe for a terminal: what could move the cursor, set the title or hide text is shown as
 * an escape instead. Colours stay.
 */
export function sanitize(text: string): string {
  return text.replace(UNSAFE, (char, at: number) => {
    if (char === "\r" && (at === text.length - 1 || text[at + 1] === "\n")) return "";
    if (char === "\u001B" && SGR.test(text.slice(at, at + 40))) return char;
    return shown(char);
  });
}

const shown = (char: string): string => {
  const code = char.codePointAt(0)!;
  if (code < 0x20) return `^${String.fromCodePoint(code + 0x40)}`;
  return code === 0x7f ? "^?" : `\\u${code.toString(16).padStart(4, "0")}`;
};

/** Without colours: where they are not wanted. */
export function withoutColors(text: string): string {
  // oxlint-disable-next-line eslint/no-control-regex -- as above
  return text.includes("\u001B") ? text.replace(/\u001B\[[0-9;:]*m/g, "") : text;
}
