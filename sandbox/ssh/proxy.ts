import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import ssh2, { type AuthContext, type Connection } from "ssh2";
import type { Container } from "../instances/container.ts";
import { serveSession } from "./commands.ts";
import { newHostKey } from "./hostkey.ts";

/** What the proxy asks of the platform behind it. */
export interface Backend {
  /** Whether a code is good; it is not, a second time. */
  redeem(code: string): boolean;
  /** The container of an instance that may be entered; undefined if there is none, or ssh is off for it. */
  enter(processGuid: string, index: number): Container | undefined;
}

export interface SshCounters {
  /** Logins that were let in. */
  logins: number;
  refused: number;
  /** Commands, shells and subsystems. */
  processes: number;
  /** Connections into a container's network. */
  forwards: number;
}

/** What the ports of apps are called by those who come by ssh. */
const APP_PORT = 8080;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "::1"]);

/** As a platform offers by default. */
const ALGORITHMS: ssh2.Algorithms = {
  kex: ["curve25519-sha256@libssh.org", "curve25519-sha256"],
  cipher: ["aes128-gcm@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr"],
  hmac: ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-256"],
  serverHostKey: ["rsa-sha2-256", "rsa-sha2-512", "ssh-rsa"],
};

/** The ssh proxy of a foundation and the daemons of its containers, in one. */
export class SshProxy {
  readonly #backend: Backend;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #key = newHostKey();
  readonly #others = { right: this.#ssh(this.#key.pem), wrong: undefined as ssh2.Server | undefined };
  readonly counters: SshCounters = { logins: 0, refused: 0, processes: 0, forwards: 0 };
  /** Shows the key of somebody else. */
  wrongHostKey = false;

  private constructor(backend: Backend) {
    this.#backend = backend;
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => undefined);
      const server = this.wrongHostKey
        ? (this.#others.wrong ??= this.#ssh(newHostKey().pem))
        : this.#others.right;
      server.injectSocket(socket);
    });
  }

  static async start(backend: Backend): Promise<SshProxy> {
    const proxy = new SshProxy(backend);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get fingerprint(): string {
    return this.#key.fingerprint;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #ssh(pem: string): ssh2.Server {
    return new ssh2.Server({ hostKeys: [pem], ident: "diego-ssh-proxy", algorithms: ALGORITHMS }, (client) =>
      this.#serve(client),
    );
  }

  #serve(client: Connection): void {
    let container: Container | undefined;
    client.on("error", () => undefined);
    client.on("authentication", (context) => {
      if (context.method !== "password") return context.reject(["password"]);
      container = this.#login(context);
      if (!container) return context.reject(["password"]);
      context.accept();
    });
    client.on("ready", () => {
      const entered = container!;
      const leave = () => client.end();
      entered.signal.addEventListener("abort", leave);
      client.on("close", () => entered.signal.removeEventListener("abort", leave));
      client.on("session", (accept) => serveSession(accept(), entered, () => void this.counters.processes++));
      client.on("tcpip", (accept, reject, { destIP, destPort }) => {
        if (!LOOPBACK.has(destIP)) return reject();
        this.counters.forwards++;
        const port = destPort === APP_PORT ? entered.port : destPort;
        const socket = connect(port, "127.0.0.1");
        socket.on("error", () => (socket.pending ? reject() : undefined));
        socket.on("connect", () => {
          const channel = accept();
          channel.on("error", () => undefined);
          channel.on("close", () => socket.destroy());
          socket.on("close", () => channel.destroy());
          channel.pipe(socket).pipe(channel);
        });
      });
    });
  }

  /** A code is used up, whoever it was for. */
  #login({ username, password }: AuthContext & { password: string }): Container | undefined {
    const isGood = this.#backend.redeem(password);
    const [, guid, index] = /^cf:([^/]+)\/(\d+)$/.exec(username) ?? [];
    const container = isGood && guid ? this.#backend.enter(guid, Number(index)) : undefined;
    if (container) this.counters.logins++;
    else this.counters.refused++;
    return container;
  }
}
