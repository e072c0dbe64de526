import type { IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import type { Json } from "./client.ts";

export interface WatchEvent {
  type: string;
  object: Json;
}

/** A machine that is busy with other things is slow, not wrong. */
const PATIENCE_MS = 15_000;

/** The lines of a watch as they come. */
export class Watch {
  readonly response: IncomingMessage;
  readonly lines: string[] = [];
  readonly events: WatchEvent[] = [];
  /** Resolves with the end of the stream. */
  readonly ended: Promise<void>;
  #wake: (() => void) | undefined;

  constructor(response: IncomingMessage) {
    this.response = response;
    const lines = createInterface({ input: response, crlfDelay: Infinity });
    lines.on("line", (line) => {
      this.lines.push(line);
      this.events.push(JSON.parse(line) as WatchEvent);
      this.#wake?.();
    });
    this.ended = new Promise((resolve) => lines.once("close", resolve));
    // A stream that breaks off ends; which tests see for themselves.
    lines.on("error", () => undefined);
    response.on("error", () => undefined);
  }

  /** Waits for that many events, and gives all there are. */
  first(count: number): Promise<WatchEvent[]> {
    return this.until((events) => events.length >= count);
  }

  /** Waits for an event about an object of that name, and gives all events up to it. */
  async untilNamed(name: string): Promise<WatchEvent[]> {
    const isIt = ({ object }: WatchEvent) => object.metadata?.name === name;
    const events = await this.until((all) => all.some(isIt));
    return events.slice(0, events.findIndex(isIt) + 1);
  }

  /** Waits until the events are as they should be, and gives them. */
  async until(isEnough: (events: readonly WatchEvent[]) => boolean): Promise<WatchEvent[]> {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    patience.addEventListener("abort", () => this.#wake?.());
    void this.ended.then(() => this.#wake?.());
    while (!isEnough(this.events) && !patience.aborted && !this.response.readableEnded) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (isEnough(this.events)) return this.events;
    throw new Error(
      `the watch did not bring what was waited for; it brought ${JSON.stringify(this.names())}`,
    );
  }

  /** `ADDED a`, for each. */
  names(): string[] {
    return namesOf(this.events);
  }

  stop(): void {
    this.response.destroy();
  }
}

/** `ADDED a`, for each. */
export const namesOf = (events: readonly WatchEvent[]): string[] =>
  events.map(({ type, object }) => `${type} ${object.metadata?.name ?? ""}`.trim());
