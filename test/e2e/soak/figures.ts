import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/** What a server costs at one moment. */
export interface Sample {
  /** Since the server was started. */
  readonly atMs: number;
  readonly residentKb: number;
  readonly descriptors: number;
  readonly walBytes: number;
}

export function sampleOf(pid: number, stateDirectory: string, atMs: number): Sample {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return {
    atMs,
    residentKb: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    walBytes: walBytesIn(path.join(stateDirectory, "store")),
  };
}

function walBytesIn(directory: string): number {
  const files = readdirSync(directory).filter((file) => file.endsWith("-wal"));
  const sizes = files.map(
    (file) => statSync(path.join(directory, file), { throwIfNoEntry: false })?.size ?? 0,
  );
  return Math.max(0, ...sizes);
}

const WINDOW_MS = 30_000;

/**
 * How fast the memory grows, in MB for each 10 minutes: the slope through the least value of each half minute, for what
 * lies above it is garbage that has not been collected yet.
 */
export function slopeOf(samples: readonly Sample[]): number {
  const lows = new Map<number, Sample>();
  for (const sample of samples) {
    const window = Math.floor(sample.atMs / WINDOW_MS);
    const low = lows.get(window);
    if (!low || sample.residentKb < low.residentKb) lows.set(window, sample);
  }
  const points = [...lows.values()].map(({ atMs, residentKb }) => [atMs, residentKb] as const);
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  return (slope * 600_000) / 1024;
}

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

export function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** By how much of itself the median of the last third is above that of the first. */
export function driftOf(numbers: readonly number[]): number {
  const third = Math.ceil(numbers.length / 3);
  return medianOf(numbers.slice(-third)) / medianOf(numbers.slice(0, third)) - 1;
}
