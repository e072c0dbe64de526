import { Wire, type Door } from "./wire.ts";

export interface Load {
  /** Of each request, in milliseconds. */
  latencies: number[];
  /** Requests per second. */
  rate: number;
}

/** What a client does, over and over; it is told how many were begun before. */
export type Step = (turn: number) => Promise<unknown>;

/** Every client repeats its step, each as soon as its last one is done, until time is up. */
export async function repeat(steps: readonly Step[], durationMs: number): Promise<Load> {
  const latencies: number[] = [];
  const start = performance.now();
  const deadline = start + durationMs;
  let turn = 0;
  const client = async (step: Step): Promise<void> => {
    for (let begin = performance.now(); begin < deadline;) {
      await step(turn++);
      const end = performance.now();
      latencies.push(end - begin);
      begin = end;
    }
  };
  await Promise.all(steps.map(client));
  return { latencies, rate: (latencies.length * 1000) / (performance.now() - start) };
}

export const openWires = (door: Door, count: number): Promise<Wire[]> =>
  Promise.all(Array.from({ length: count }, () => Wire.open(door)));

/** Runs `work` with connections, and closes them. */
export async function withWires<T>(
  door: Door,
  count: number,
  work: (wires: Wire[]) => Promise<T>,
): Promise<T> {
  const wires = await openWires(door, count);
  try {
    return await work(wires);
  } finally {
    for (const wire of wires) wire.close();
  }
}
