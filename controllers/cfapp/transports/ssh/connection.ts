import { connect, type Socket } from "node:net";
import type { Client, ClientChannel, NextAuthHandler, SFTPWrapper } from "ssh2";
import { ConnectError, ConnectionLostError, type HostKey } from "../transport.ts";

/** After so many keep-alives without an answer the connection is lost. */
const KEEPALIVES = 3;

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Asked once, and only when the host is known to be the right one. */
  password(): Promise<string>;
  /** @throws ConnectError if the host is not the right one. */
  verify(key: Uint8Array): HostKey;
  readonly keepaliveMs: number;
}

/** A command that runs there. */
export interface Command {
  readonly channel: ClientChannel;
  /** Resolves when its channel is closed: with its exit code, or undefined if nobody has told it. */
  readonly ended: Promise<number | undefined>;
}

/** One ssh connection, for as many channels as are wanted. */
export class SshConnection {
  readonly hostKey: HostKey;
  /** Resolves with the reason when it is lost, or was closed. */
  readonly closed: Promise<Error>;
  readonly #client: Client;
  readonly #socket: Socket;
  #end: Error | undefined;

  private constructor(client: Client, socket: Socket, hostKey: HostKey) {
    this.#client = client;
    this.#socket = socket;
    this.hostKey = hostKey;
    let reason: Error | undefined;
    client.on("error", (error) => (reason ??= error));
    this.closed = new Promise((resolve) =>
      client.once("close", () => {
        this.#end ??= new ConnectionLostError(
          `the ssh connection was lost: ${reason?.message ?? "it was closed"}`,
        );
        resolve(this.#end);
      }),
    );
  }

  /**
   * @param signal - Ends the attempt.
   * @throws ConnectError `HostKeyMismatch`, `PasscodeRefused` or `Unreachable`; what `password` throws; the reason of the
   *   signal.
   */
  static async open(options: ConnectionOptions, signal: AbortSignal): Promise<SshConnection> {
    const { host, port } = options;
    const { Client } = await import("ssh2"); // a server without such apps starts without it
    signal.throwIfAborted();
    // Small packets are what a save is made of.
    const socket = connect({ host, port, noDelay: true });
    const client = new Client();
    const stop = () => socket.destroy(signal.reason as Error);
    signal.addEventListener("abort", stop);
    try {
      const hostKey = await loggedIn(client, socket, options);
      return new SshConnection(client, socket, hostKey);
    } catch (error) {
      // Whatever comes after the first reason is of no interest.
      client.on("error", () => undefined);
      socket.on("error", () => undefined).destroy();
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  get isClosed(): boolean {
    return this.#end !== undefined;
  }

  /** Bytes on the wire, both ways. */
  get traffic(): { readonly sent: number; readonly received: number } {
    return { sent: this.#socket.bytesWritten, received: this.#socket.bytesRead };
  }

  /** Starts a command there. @throws ConnectionLostError; ConnectError `NotSupported` if commands are refused. */
  exec(command: string): Promise<Command> {
    return this.#opened("commands", (done) =>
      // Its end may come along with its beginning.
      this.#client.exec(command, (error, channel) => done(error, error ? undefined! : commandOf(channel))),
    );
  }

  /** @throws ConnectionLostError; ConnectError `NotSupported` if there is no such subsystem. */
  sftp(): Promise<SFTPWrapper> {
    return this.#opened("sftp", (done) => this.#client.sftp(done));
  }

  close(): void {
    this.#end ??= new ConnectionLostError("the connection was closed");
    this.#client.end();
    // It does not wait for a host that has gone away.
    this.#socket.destroySoon();
  }

  async #opened<T>(
    what: string,
    open: (done: (error: Error | undefined, channel: T) => void) => void,
  ): Promise<T> {
    if (this.#end) throw this.#end;
    const opened = new Promise<T>((resolve, reject) =>
      open((error, channel) => {
        if (!error) resolve(channel);
        else reject(this.#end ?? refused(what, error));
      }),
    );
    const lost = this.closed.then((error) => Promise.reject(error));
    return Promise.race([opened, lost]);
  }
}

function commandOf(channel: ClientChannel): Command {
  let code: number | undefined;
  channel.on("exit", (status: number | null) => (code = status ?? undefined));
  return { channel, ended: new Promise((resolve) => channel.once("close", () => resolve(code))) };
}

const refused = (what: string, error: Error): ConnectError =>
  new ConnectError("NotSupported", `the container offers no ${what}: ${error.message}`, { cause: error });

/** Resolves with the key of the host once the login is done. */
function loggedIn(client: Client, socket: Socket, options: ConnectionOptions): Promise<HostKey> {
  const { host, port, user: username, keepaliveMs } = options;
  return new Promise((resolve, reject) => {
    let hostKey: HostKey | undefined;
    let hasTried = false;
    const answer = async (next: NextAuthHandler) =>
      next({ type: "password", username, password: await options.password() });
    client.once("ready", () => resolve(hostKey!));
    client.on("error", (error) => reject(failure(error, options)));
    client.once("close", () => reject(failure(new Error("it closes the connection"), options)));
    client.connect({
      host,
      port,
      sock: socket,
      username,
      readyTimeout: 0,
      keepaliveInterval: keepaliveMs,
      keepaliveCountMax: KEEPALIVES,
      hostVerifier: (key: Buffer) => {
        try {
          hostKey = options.verify(key);
          return true;
        } catch (error) {
          reject(error);
          return false;
        }
      },
      authHandler: (_left, _partial, next) => {
        if (hasTried) return reject(passcodeRefused());
        hasTried = true;
        void answer(next).catch(reject);
      },
    });
  });
}

const passcodeRefused = (): ConnectError =>
  new ConnectError(
    "PasscodeRefused",
    "the ssh host refuses the one-time code: it has expired, or the instance does not run, or your role does not allow ssh (SpaceDeveloper is needed)",
  );

function failure(error: Error & { level?: string }, { host, port }: ConnectionOptions): ConnectError {
  if (error.level === "client-authentication") return passcodeRefused();
  return new ConnectError("Unreachable", `${host}:${port} cannot be reached by ssh: ${error.message}`, {
    cause: error,
  });
}
