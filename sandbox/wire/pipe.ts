import type { Socket } from "node:net";

/** More than this is not under way: whoever sends has to wait. */
const MAX_UNDER_WAY = 16 * 1024 * 1024;

/** What a {@link Pipe} asks of the wire that it is a part of. */
export interface Conditions {
  /** One way. */
  readonly delayMs: number;
  /** Nothing arrives. */
  readonly isSilent: boolean;
  /** Counts bytes; gives how many of them may still go before the connection is to be cut, if it is to be. */
  count(bytes: number): number | undefined;
  cut(): void;
}

/** One direction of a connection: what comes in goes out later, in order. */
export class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #conditions: Conditions;
  /** Nothing can go out before: the connection is still being made. */
  readonly #notBefore: number;
  #queue: { at: number; bytes: Buffer | "end" | "cut" }[] = [];
  #underWay = 0;
  #timer: NodeJS.Timeout | undefined;
  #isFull = false;

  constructor(from: Socket, to: Socket, conditions: Conditions, notBefore = 0) {
    [this.#from, this.#to, this.#conditions, this.#notBefore] = [from, to, conditions, notBefore];
    from.on("data", (bytes: Buffer) => this.#take(bytes));
    from.on("end", () => this.#put("end"));
    to.on("drain", () => {
      this.#isFull = false;
      this.pump();
    });
    if (conditions.isSilent) from.pause();
  }

  /** Sends what is due. */
  pump(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#queue.length > 0 && !this.#isFull && !this.#conditions.isSilent) {
      const wait = this.#queue[0]!.at - Date.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.pump(), wait);
        break;
      }
      this.#send(this.#queue.shift()!.bytes);
    }
    this.#flow();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#queue = [];
  }

  #take(bytes: Buffer): void {
    const allowed = this.#conditions.count(bytes.length);
    if (allowed === undefined) return this.#put(bytes);
    if (allowed > 0) this.#put(bytes.subarray(0, allowed));
    this.#put("cut");
  }

  #put(bytes: Buffer | "end" | "cut"): void {
    const at = Math.max(Date.now(), this.#notBefore) + this.#conditions.delayMs;
    this.#queue.push({ at, bytes });
    if (typeof bytes !== "string") this.#underWay += bytes.length;
    this.pump();
  }

  #send(bytes: Buffer | "end" | "cut"): void {
    if (bytes === "cut") return this.#conditions.cut();
    if (bytes === "end") return void this.#to.end();
    this.#underWay -= bytes.length;
    if (!this.#to.destroyed) this.#isFull = !this.#to.write(bytes);
  }

  #flow(): void {
    if (this.#underWay > MAX_UNDER_WAY || this.#isFull || this.#conditions.isSilent) this.#from.pause();
    else this.#from.resume();
  }
}
