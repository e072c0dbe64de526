import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { type Conditions, Pipe } from "./pipe.ts";

/** `up` is from the client to the foundation. */
export type Direction = "up" | "down";
/** With a FIN, or with an RST. */
export type Ending = "close" | "reset";

interface Cut {
  readonly direction: Direction | "both";
  readonly ending: Ending;
  left: number;
  readonly done: () => void;
}

interface Connection {
  readonly client: Socket;
  readonly pipes: Pipe[];
  end(how: Ending): void;
}

/** A port, and the way from there to a server: as long as one likes, and as bad. */
export class Wire {
  readonly #server: Server;
  readonly #target: number;
  readonly #connections = new Set<Connection>();
  #cut: Cut | undefined;
  #isSilent = false;
  #isRefusing = false;
  /** There and back. */
  latencyMs = 0;
  readonly bytes: Record<Direction, number> = { up: 0, down: 0 };
  /** Connections that were made so far. */
  connections = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
  }

  /** @param target Port of the server, on loopback. @param port 0 for any. */
  static async open(target: number, port = 0): Promise<Wire> {
    const wire = new Wire(target);
    wire.#server.listen(port, "127.0.0.1");
    await once(wire.#server, "listening");
    return wire;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections are open. */
  get open(): number {
    return this.#connections.size;
  }

  /**
   * Cuts all connections once so many more bytes have arrived. Later connections are fine.
   *
   * @returns what resolves when that has happened.
   */
  cutAfter(
    bytes: number,
    { direction = "both", ending = "close" }: { direction?: Direction | "both"; ending?: Ending } = {},
  ): Promise<void> {
    return new Promise((done) => (this.#cut = { direction, ending, left: bytes, done }));
  }

  /** Forgets a cut that has not happened yet. */
  mend(): void {
    this.#cut = undefined;
  }

  /** Ends the connections that there are. */
  drop(ending: Ending = "close"): void {
    for (const connection of this.#connections) connection.end(ending);
  }

  /** While silent, nothing arrives at either side, and nobody is told; then all of it does. */
  silence(isSilent: boolean): void {
    this.#isSilent = isSilent;
    for (const { pipes } of this.#connections) for (const pipe of pipes) pipe.pump();
  }

  /** While refusing, whoever connects is turned away at once. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing;
  }

  async close(): Promise<void> {
    this.drop("reset");
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(client: Socket): void {
    client.on("error", () => undefined);
    if (this.#isRefusing) return void client.resetAndDestroy();
    this.connections++;
    const opened = Date.now();
    // What a handshake costs: nobody sends before one way there and one back, and the server knows half a way later.
    const server = connect({ port: this.#target, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    server.on("error", () => undefined);
    const up = new Pipe(client, server, this.#conditions("up"), opened + this.latencyMs);
    const down = new Pipe(server, client, this.#conditions("down"), opened + 1.5 * this.latencyMs);
    const connection: Connection = {
      client,
      pipes: [up, down],
      end: (how) => {
        this.#connections.delete(connection);
        up.close();
        down.close();
        for (const socket of [client, server])
          if (how === "reset") socket.resetAndDestroy();
          else socket.destroy();
      },
    };
    this.#connections.add(connection);
    let open = 2;
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.on("close", (hadError) => {
        if (--open === 0) this.#connections.delete(connection);
        if (hadError) other.destroy();
        // What is under way still arrives; then nobody is left to send.
        else if (socket === client) setTimeout(() => other.destroy(), this.latencyMs + 1000).unref();
      });
    }
  }

  #conditions(direction: Direction): Conditions {
    const latency = () => this.latencyMs / 2;
    const isSilent = () => this.#isSilent;
    return {
      get delayMs() {
        return latency();
      },
      get isSilent() {
        return isSilent();
      },
      count: (bytes) => this.#count(direction, bytes),
      cut: () => this.#cutNow(),
    };
  }

  #count(direction: Direction, bytes: number): number | undefined {
    this.bytes[direction] += bytes;
    const cut = this.#cut;
    if (!cut || (cut.direction !== "both" && cut.direction !== direction)) return undefined;
    if (bytes <= cut.left) {
      cut.left -= bytes;
      return undefined;
    }
    const { left } = cut;
    cut.left = 0;
    return left;
  }

  #cutNow(): void {
    const cut = this.#cut;
    if (!cut) return;
    this.#cut = undefined;
    this.drop(cut.ending);
    cut.done();
  }
}
