import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";

/** Hears which version of a program runs, and since when. */
export class Ear {
  readonly #server: Server;
  readonly #heard = new Map<string, (at: bigint) => void>();
  /** How often each version ran. */
  readonly counts = new Map<string, number>();

  static async open(): Promise<Ear> {
    const ear = new Ear();
    ear.#server.listen(0, "127.0.0.1");
    await once(ear.#server, "listening");
    return ear;
  }

  private constructor() {
    this.#server = createServer((socket) => {
      let text = "";
      socket.on("error", () => undefined);
      socket.on("data", (chunk) => (text += chunk.toString("latin1")));
      socket.on("end", () => this.#hear(text));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** When that version ran first, on the clock of `process.hrtime`; undefined if it did not in time. */
  async hears(version: string, timeoutMs: number): Promise<bigint | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#forget(version, resolve), timeoutMs);
      this.#heard.set(version, (at) => {
        clearTimeout(timer);
        this.#heard.delete(version);
        resolve(at);
      });
    });
  }

  close(): void {
    this.#server.close();
  }

  #hear(text: string): void {
    const [version, at] = text.trim().split(" ");
    if (!version || !at) return;
    this.counts.set(version, (this.counts.get(version) ?? 0) + 1);
    this.#heard.get(version)?.(BigInt(at));
  }

  #forget(version: string, resolve: (at: undefined) => void): void {
    this.#heard.delete(version);
    resolve(undefined);
  }
}
