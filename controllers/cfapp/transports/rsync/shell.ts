import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SshConnection } from "../ssh/connection.ts";

/** What rsync starts in the place of ssh: its command goes to whoever listens, its bytes there and back. */
const HELPER = `
const [, , socket, , ...command] = process.argv;
const peer = require("node:net").connect(socket);
peer.write(JSON.stringify(command) + "\\n");
process.stdin.pipe(peer).pipe(process.stdout);
peer.on("error", () => process.exit(255)).on("close", () => process.exit(0));
`;

const MAX_COMMAND = 64 * 1024;
const MAX_SAID = 4_000;

/** A remote shell for local programs, over a connection that there is already. */
export class SharedShell {
  readonly directory: string;
  readonly #server: Server;
  readonly #connection: SshConnection;
  /** Bytes that went to the other side. */
  bytesSent = 0;
  /** What its commands have said on their standard error, the last of it. */
  said = "";

  private constructor(directory: string, server: Server, connection: SshConnection) {
    this.directory = directory;
    this.#server = server;
    this.#connection = connection;
    server.on("connection", (socket) => void this.#serve(socket));
  }

  static async open(connection: SshConnection): Promise<SharedShell> {
    // Nobody else may enter this directory.
    const directory = await mkdtemp(join(tmpdir(), "tiltish-rsh-"));
    await writeFile(join(directory, "rsh.cjs"), HELPER);
    const server = createServer({ allowHalfOpen: true }).listen(join(directory, "s"));
    await once(server, "listening");
    return new SharedShell(directory, server, connection);
  }

  /** The command for `-e`: words in quotes. */
  get command(): string {
    return [process.execPath, join(this.directory, "rsh.cjs"), join(this.directory, "s")]
      .map((word) => `'${word.replaceAll("'", "''")}'`)
      .join(" ");
  }

  async close(): Promise<void> {
    this.#server.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #serve(socket: Socket): Promise<void> {
    socket.on("error", () => undefined);
    try {
      const { command, rest } = await firstLine(socket);
      const { channel, ended } = await this.#connection.exec(command.join(" "));
      channel.on("error", () => undefined);
      channel.stderr.on(
        "data",
        (bytes: Buffer) => (this.said = (this.said + bytes.toString()).slice(-MAX_SAID)),
      );
      this.bytesSent += rest.length;
      channel.write(rest);
      socket.on("data", (bytes: Buffer) => (this.bytesSent += bytes.length));
      socket.pipe(channel);
      channel.pipe(socket);
      void ended.then(() => socket.end());
      socket.on("close", () => channel.destroy());
    } catch (error) {
      this.said = (error as Error).message;
      socket.destroy();
    }
  }
}

/** The command, and what has come after it. */
async function firstLine(socket: Socket): Promise<{ command: string[]; rest: Buffer }> {
  let all: Buffer = Buffer.alloc(0);
  for (;;) {
    const [bytes] = (await once(socket, "data")) as [Buffer];
    all = Buffer.concat([all, bytes]);
    const end = all.indexOf("\n");
    if (end >= 0) {
      socket.pause();
      return { command: JSON.parse(all.toString("utf8", 0, end)) as string[], rest: all.subarray(end + 1) };
    }
    if (all.length > MAX_COMMAND) throw new Error("a command that is too long");
  }
}
