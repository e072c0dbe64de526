/** One subject in one case: what was measured, round by round. */
export interface Line {
  subject: string;
  unit: Unit;
  rounds: readonly (readonly number[])[];
  /** Work done per second (or megabytes), by round; then this is what is compared. */
  rates?: readonly number[];
  rateUnit?: "/s" | "MB/s";
  note?: string;
}

export type Unit = "ms" | "MB" | "kB";

/** Subjects that did the same work in the same minutes. */
export interface Case {
  name: string;
  /** Subject of the line that the others are compared with. */
  baseline?: string;
  lines: readonly Line[];
}

export interface Summary {
  count: number;
  p50: number;
  /** With fewer than 20 values, the worst of them. */
  p95: number;
  /** With fewer than 100 values, the worst of them. */
  p99: number;
  rate: number | undefined;
  /** Least and greatest median (or rate) of a round: the noise. */
  spread: readonly [number, number];
}

export function summaryOf({ rounds, rates }: Line): Summary | undefined {
  const values = rounds.flat().toSorted((a, b) => a - b);
  if (values.length === 0) return undefined;
  const perRound = rates ?? rounds.filter((round) => round.length > 0).map(median);
  return {
    count: values.length,
    p50: quantile(values, 0.5),
    p95: quantile(values, 0.95),
    p99: quantile(values, 0.99),
    rate: rates && median(rates),
    spread: [Math.min(...perRound), Math.max(...perRound)],
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

/** The value below which that share of the values lies; `sorted` is not empty. */
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;

/** How many times as much, or as fast, as the baseline of its case. */
export function ratioOf(line: Line, { baseline, lines }: Case): number | undefined {
  const base = lines.find(({ subject }) => subject === baseline);
  const [mine, theirs] = [summaryOf(line), base && summaryOf(base)];
  if (!mine || !theirs || line.unit !== base?.unit) return undefined;
  return mine.rate !== undefined && theirs.rate !== undefined
    ? mine.rate / theirs.rate
    : mine.p50 / theirs.p50;
}
