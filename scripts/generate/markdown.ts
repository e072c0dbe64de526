/** First lines of every page. */
export const WRITTEN = "<!-- Written by `npm run generate`. Change the kinds in apis/, not this page. -->";

/** A table; cells are Markdown already. */
export function tableOf(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(headers), line(headers.map(() => "---")), ...rows.map(line)].join("\n");
}

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** Text that means what it says, in a cell too. Backticks stay: descriptions use them for code. */
export const prose = (text: string): string =>
  text
    .replaceAll("|", String.raw`\|`)
    .replaceAll("<", "&lt;")
    .replaceAll("\n", " ");

/** Code in a cell. */
export const code = (text: string): string => `\`${text.replaceAll("|", String.raw`\|`)}\``;

/** The anchor that renderers give a heading. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, "")
    .replaceAll(" ", "-");

/** Paragraphs, with one empty line between them and one newline at the end. */
export const page = (...parts: readonly string[]): string => `${parts.filter(Boolean).join("\n\n")}\n`;
