import type { Benchmark } from "./benchmark.ts";
import { ratioOf, summaryOf, type Case, type Line } from "./stats.ts";

const HEADERS = ["case", "subject", "p50", "p95", "p99", "rate", "ratio", "min-max", "n"];
const RIGHT = new Set([2, 3, 4, 5, 6, 7, 8]);

/** What was measured for one promise, as text. */
export function tableOf({ name, promise, goal }: Benchmark, cases: readonly Case[]): string {
  const rows = [HEADERS, ...cases.flatMap(rowsOf)];
  const widths = HEADERS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => pad(cell, widths[i]!, i))
      .join("  ")
      .trimEnd(),
  );
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  const [head, ...body] = lines;
  const notes = cases.flatMap(({ lines }) => lines.flatMap((line) => noteOf(line)));
  return [`${name}: ${promise}`, `goal: ${goal}`, "", head, rule, ...body, ...new Set(notes), ""].join("\n");
}

const pad = (cell: string, width: number, column: number): string =>
  RIGHT.has(column) ? cell.padStart(width) : cell.padEnd(width);

const rowsOf = (group: Case): string[][] =>
  group.lines.map((line, index) => [index === 0 ? group.name : "", line.subject, ...cellsOf(line, group)]);

function cellsOf(line: Line, group: Case): string[] {
  const summary = summaryOf(line);
  if (!summary) return ["-", "-", "-", "", "", "", "0"];
  const { p50, p95, p99, rate, spread, count } = summary;
  const ratio = ratioOf(line, group);
  const unit = rate === undefined ? line.unit : (line.rateUnit ?? "/s");
  return [
    amount(p50, line.unit),
    count > 1 ? amount(p95, line.unit) : "",
    count > 1 ? amount(p99, line.unit) : "",
    rate === undefined ? "" : amount(rate, unit),
    ratio === undefined ? "" : `${ratio.toFixed(2)} ×`,
    `${figure(spread[0])}-${figure(spread[1])} ${unit}`,
    String(count),
  ];
}

const amount = (value: number, unit: string): string => `${figure(value)} ${unit}`;

/** Three digits are all that such measurements can tell. */
function figure(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en-US");
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const noteOf = ({ subject, note }: Line): string[] => (note === undefined ? [] : [`* ${subject}: ${note}`]);
