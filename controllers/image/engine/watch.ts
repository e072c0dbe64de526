import { Backoff, sleep, systemClock } from "../../../client/index.ts";
import type { Environment } from "./config.ts";
import { Engine } from "./engine.ts";
import { jsonLines } from "./lines.ts";

export interface EngineNews {
  /** An image is gone, or a name of it: its id, and the name if that is known. */
  onGone(id: string, name: string | undefined): void;
  /** The engine answers again, or for the first time: nobody knows what has happened meanwhile. */
  onBack(): void;
  /** A container was started, has ended, or the like. */
  onContainer(): void;
}

/** Of images, then of containers. */
const EVENTS = ["delete", "untag", "create", "start", "die", "destroy", "pause", "unpause"];

/** Longer than any wait before the next attempt. */
const STEADY_MS = 15_000;

/** Listens to the engine for as long as there are images. */
export class EngineWatch {
  readonly #env: Environment;
  readonly #news: EngineNews;
  #abort: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(env: Environment, news: EngineNews) {
    this.#env = env;
    this.#news = news;
  }

  start(): void {
    if (this.#abort) return;
    this.#abort = new AbortController();
    this.#running = this.#listen(this.#abort.signal);
  }

  async stop(): Promise<void> {
    this.#abort?.abort();
    this.#abort = undefined;
    await this.#running;
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff({ initialMs: 500, maxMs: 10_000 });
    while (!signal.aborted) {
      const sinceMs = Date.now();
      try {
        await this.#listenOnce(signal);
      } catch {
        // Whoever builds says what is wrong with the engine.
      }
      // One that answers, and hangs up at once, is not back.
      if (Date.now() - sinceMs > STEADY_MS) backoff.reset();
      await sleep(systemClock, backoff.nextMs(), signal);
    }
  }

  async #listenOnce(signal: AbortSignal): Promise<void> {
    const engine = await Engine.open(this.#env);
    const filters = JSON.stringify({ type: ["image", "container"], event: EVENTS });
    const stream = await engine.stream({ method: "GET", path: "/events", query: { filters }, signal });
    this.#news.onBack();
    for await (const line of jsonLines(stream)) this.#tell(line);
  }

  #tell(line: Record<string, unknown>): void {
    const { Type, Actor } = line as {
      Type?: string;
      Actor?: { ID?: string; Attributes?: { name?: string } };
    };
    if (Type === "container") this.#news.onContainer();
    else if (Actor?.ID !== undefined) this.#news.onGone(Actor.ID, Actor.Attributes?.name);
  }
}
