import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { act, settle } from "./actions.ts";
import { driftOf, medianOf, type Sample, sampleOf, slopeOf } from "./figures.ts";
import { Watchdog } from "./watchdog.ts";
import type { World } from "./world.ts";

export interface SoakReport {
  seed: number;
  /** What was done, and how often. */
  counts: Record<string, number>;
  figures: Record<string, string>;
  violations: string[];
}

export interface SoakOptions {
  minutes: number;
  seed?: number;
  tell?: (line: string) => void;
}

/** In this part of the time tiltish itself is killed and restarted; then one server has to last. */
const STORMY_SHARE = 0.35;
/** Of its life, the part after which its memory has to be steady. */
const WARM_SHARE = 0.4;
/** Figures of less than this are about the start, not about the day. */
const LEAST_MINUTES = 10;
/** Memory is still being filled with what is kept on purpose, such as the history, in a shorter time. */
const LEAST_STEADY_MS = 600_000;
const ACTIONS = [6, 20] as const;
const PAUSE_MS = [0, 250] as const;
const SAMPLE_MS = 1000;

/** Rounds of hasty work, each followed by a rest in which everything has to come right. */
export class Day {
  readonly #world: World;
  readonly #options: SoakOptions;
  readonly #beginMs = performance.now();
  readonly #latencies: number[] = [];
  readonly #ratios: number[] = [];
  readonly #calm: Sample[] = [];
  #samples: Sample[] = [];
  #serverSinceMs = 0;
  #rounds = 0;

  constructor(world: World, options: SoakOptions) {
    this.#world = world;
    this.#options = options;
  }

  async run(): Promise<void> {
    const world = this.#world;
    await world.start();
    const watchdog = new Watchdog(world);
    const timer = setInterval(() => this.#sample(this.#samples), SAMPLE_MS);
    try {
      while (this.#minutes < this.#options.minutes && world.violations.length === 0) await this.#round();
    } finally {
      clearInterval(timer);
      watchdog.stop();
    }
    for (const double of await world.doubles()) world.violate(`twice at once: ${double}`);
    await world.session.stop();
    const left = await world.processes();
    if (left.length > 0) world.violate(`left behind: ${left.map(({ command }) => command).join("; ")}`);
    this.#judge();
  }

  get #minutes(): number {
    return (performance.now() - this.#beginMs) / 60_000;
  }

  get #isStormy(): boolean {
    return this.#minutes < this.#options.minutes * STORMY_SHARE;
  }

  async #round(): Promise<void> {
    const world = this.#world;
    const pid = world.session.pid;
    const count = world.random.between(...ACTIONS);
    for (let done = 0; done < count; done++) {
      await act(world, this.#isStormy);
      await delay(world.random.between(...PAUSE_MS));
    }
    if (world.session.pid !== pid) [this.#samples, this.#serverSinceMs] = [[], performance.now()];
    await this.#quiet();
    this.#rounds++;
    this.#options.tell?.(
      `${this.#minutes.toFixed(1)} min, round ${this.#rounds}: ${this.#samples.at(-1)?.residentKb ?? 0} kB, ` +
        `${this.#latencies.at(-1)?.toFixed(0) ?? "?"} ms from save to served`,
    );
  }

  async #quiet(): Promise<void> {
    const world = this.#world;
    await settle(world);
    const wrong = await world.waitForCalm();
    if (wrong !== undefined) return world.violate(`not calm: ${wrong}; ${await this.#situation()}`);
    if (world.session.end !== undefined) return world.violate(`tiltish has ended: ${world.session.end}`);
    if (!this.#isStormy) this.#sample(this.#calm);
    await this.#measure();
  }

  /** One save, and the time until it is served; beside it, what a start of node takes at this moment. */
  async #measure(): Promise<void> {
    const world = this.#world;
    await writeFile(world.path("src/worker/message.txt"), world.newText());
    const tookMs = await world.timeUntilServed("worker");
    if (tookMs === undefined) return world.violate("a lone save was not served within 20 s");
    const begin = performance.now();
    await once(spawn(process.execPath, ["-e", "0"]), "exit");
    if (this.#isStormy) return;
    this.#latencies.push(tookMs);
    this.#ratios.push(tookMs / (performance.now() - begin));
  }

  #sample(into: Sample[]): void {
    try {
      const { pid, stateDirectory } = this.#world.session;
      into.push(sampleOf(pid, stateDirectory, performance.now() - this.#serverSinceMs));
    } catch {
      // It is down at the moment.
    }
  }

  /** All that may help to understand what went wrong. */
  async #situation(): Promise<string> {
    const { session } = this.#world;
    const objects = await session.run("get", "lr,lp,fw", "-o", "wide");
    const watches = await session.run("describe", "fw");
    const running = (await this.#world.processes()).map(({ pid, command }) => `${pid} ${command}`);
    return [`tiltish ${session.end ?? "runs"}`, objects.stdout, watches.stdout, ...running].join("\n");
  }

  get #steady(): Sample[] {
    const from = (this.#samples.at(-1)?.atMs ?? 0) * WARM_SHARE;
    return this.#samples.filter(({ atMs }) => atMs >= from);
  }

  get #steadyMs(): number {
    return (this.#steady.at(-1)?.atMs ?? 0) - (this.#steady[0]?.atMs ?? 0);
  }

  #judge(): void {
    if (this.#options.minutes < LEAST_MINUTES) return;
    const { slope, descriptors, wal, drift } = this.#measured;
    const limits: [boolean, string][] = [
      [slope < 1 || this.#steadyMs < LEAST_STEADY_MS, `memory grows by ${slope.toFixed(2)} MB in 10 minutes`],
      [Math.abs(descriptors) <= 5, `${descriptors} more file descriptors than at the start`],
      [wal < 64, `the write-ahead log has grown to ${wal.toFixed(1)} MiB`],
      [drift < 0.2, `from save to served takes ${(drift * 100).toFixed(0)} % longer than at the start`],
    ];
    for (const [holds, what] of limits) if (!holds) this.#world.violate(what);
  }

  get #measured() {
    const calm = this.#calm.slice(Math.floor(this.#calm.length * WARM_SHARE));
    return {
      slope: slopeOf(this.#steady),
      descriptors: (calm.at(-1)?.descriptors ?? 0) - (calm[0]?.descriptors ?? 0),
      wal: Math.max(0, ...this.#samples.map(({ walBytes }) => walBytes)) / 1024 ** 2,
      drift: driftOf(this.#ratios),
    };
  }

  get report(): SoakReport {
    const { slope, descriptors, wal, drift } = this.#measured;
    const figures = {
      rounds: String(this.#rounds),
      minutes: this.#minutes.toFixed(1),
      "memory at the end": `${((this.#samples.at(-1)?.residentKb ?? 0) / 1024).toFixed(1)} MB`,
      "memory per 10 minutes": `${slope.toFixed(2)} MB`,
      "file descriptors": `${this.#calm.at(-1)?.descriptors} (${descriptors >= 0 ? "+" : ""}${descriptors})`,
      "write-ahead log": `${wal.toFixed(1)} MiB`,
      "save to served, p50": `${medianOf(this.#latencies).toFixed(0)} ms`,
      "drift of it": `${(drift * 100).toFixed(0)} %`,
    };
    const { counts, violations } = this.#world;
    return { seed: this.#options.seed!, counts: Object.fromEntries(counts), figures, violations };
  }
}
