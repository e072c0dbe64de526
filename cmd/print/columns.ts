/** The least width of a column, and the space between two, as kubectl has them. */
const MIN_WIDTH = 6;
const PADDING = 3;

/**
 * Lines of a table whose columns are as wide as what was written so far needs.
 *
 * Widths are remembered, so that the rows of a watch stay below those that came before.
 */
export class Columns {
  #widths: number[] = [];

  /** The rows as text; the last cell of each is not padded. */
  format(rows: readonly (readonly string[])[]): string {
    for (const row of rows) row.slice(0, -1).forEach((cell, i) => this.#widen(i, cell));
    return rows.map((row) => `${this.#line(row)}\n`).join("");
  }

  #widen(column: number, cell: string): void {
    this.#widths[column] = Math.max(this.#widths[column] ?? MIN_WIDTH, widthOf(cell) + PADDING);
  }

  #line(row: readonly string[]): string {
    return row
      .map((cell, i) =>
        i === row.length - 1 ? cell : cell + " ".repeat(Math.max(0, this.#widths[i]! - widthOf(cell))),
      )
      .join("");
  }
}

/** Counts characters, not the halves of those beyond the first plane. */
const widthOf = (text: string): number => Array.from(text).length;
