import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { rm } from "node:fs/promises";

/** A way to an engine that can be held up, and that is cut by its end. */
export class Gate {
  readonly host: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #path: string;
  #isHeld = false;
  #held: Socket[] = [];
  #onBytes: (bytes: Buffer) => void = () => undefined;
  #refused: { pattern: RegExp; times: number } | undefined;
  /** How many requests have been refused. */
  refusals = 0;

  private constructor(path: string, to: string) {
    this.#path = path;
    this.host = `unix://${path}`;
    this.#server = createServer({ allowHalfOpen: true }, (near) =>
      this.#join(near, connect({ path: to, allowHalfOpen: true })),
    );
  }

  static async open(path: string, to: string): Promise<Gate> {
    const gate = new Gate(path, to);
    gate.#server.listen(path);
    await once(gate.#server, "listening");
    return gate;
  }

  /** From now on, contexts are sent to the engine until half of them is in pipes, and no further. */
  hold(): void {
    this.#isHeld = true;
  }

  get holdsBuild(): boolean {
    return this.#held.length > 0;
  }

  release(): void {
    this.#isHeld = false;
    for (const socket of this.#held.splice(0)) socket.resume();
  }

  /** The connection breaks under so many of the next requests that begin like this. */
  refuse(pattern: RegExp, times: number): void {
    this.#refused = { pattern, times };
  }

  /** Is called with all that goes to the engine. */
  onBytes(listener: (bytes: Buffer) => void): void {
    this.#onBytes = listener;
  }

  /** The engine is gone for whoever comes this way. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await rm(this.#path, { force: true });
  }

  #join(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => [near, far].forEach((each) => each.destroy()));
    }
    far.pipe(near);
    near.on("end", () => far.end());
    near.on("data", (bytes: Buffer) => {
      const head = bytes.subarray(0, 200).toString("latin1");
      if (this.#isRefused(head)) return void near.destroy();
      this.#onBytes(bytes);
      if (!far.write(bytes)) {
        near.pause();
        far.once("drain", () => this.#held.includes(near) || near.resume());
      }
      if (this.#isHeld && /POST (\/v[\d.]+)?\/build\?/.test(head)) {
        near.pause();
        this.#held.push(near);
      }
    });
  }

  #isRefused(head: string): boolean {
    if (!this.#refused?.pattern.test(head) || this.#refused.times === 0) return false;
    this.#refused.times--;
    this.refusals++;
    return true;
  }
}
