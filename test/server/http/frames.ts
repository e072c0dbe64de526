import { connect, type TLSSocket } from "node:tls";
import type { TestServer } from "./harness.ts";

/** Types of frames, RFC 9113, section 6. */
export const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 1, ack: 1, endHeaders: 4 } as const;

export interface Frame {
  type: number;
  flags: number;
  stream: number;
  body: Buffer;
}

/** More than any test gets. */
const WIDE_OPEN = Buffer.from([0x3f, 0, 0, 0]);
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** A connection of HTTP/2 that sends whatever a test wants, and keeps what it got. */
export class RawSession {
  readonly socket: TLSSocket;
  readonly frames: Frame[] = [];
  readonly closed: Promise<void>;
  #rest = Buffer.alloc(0);

  static async open(server: TestServer): Promise<RawSession> {
    const { port } = server.http.address;
    const socket = connect({ host: "127.0.0.1", port, ca: server.cert, ALPNProtocols: ["h2"] });
    await new Promise((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
    });
    const session = new RawSession(socket);
    socket.write(PREFACE);
    session.send(FRAME.settings, 0, 0);
    session.send(FRAME.windowUpdate, 0, 0, WIDE_OPEN);
    return session;
  }

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
  }

  /** Returns false if the connection takes no more for now. */
  send(type: number, flags: number, stream: number, body: Buffer = Buffer.alloc(0)): boolean {
    return this.socket.write(frameOf({ type, flags, stream, body }));
  }

  /** Sends frames as one write. */
  sendAll(frames: readonly Frame[]): boolean {
    return this.socket.write(Buffer.concat(frames.map(frameOf)));
  }

  ofStream(stream: number): Frame[] {
    return this.frames.filter((frame) => frame.stream === stream);
  }

  /** The reason of the server for ending the connection; 0 is none. */
  get goAway(): number | undefined {
    return this.frames.find(({ type }) => type === FRAME.goAway)?.body.readUInt32BE(4);
  }

  #take(chunk: Buffer): void {
    let all = Buffer.concat([this.#rest, chunk]);
    while (all.length >= 9 && all.length >= 9 + all.readUIntBE(0, 3)) {
      const end = 9 + all.readUIntBE(0, 3);
      const [type, flags, stream] = [all[3]!, all[4]!, all.readUInt32BE(5)];
      this.frames.push({ type, flags, stream, body: Buffer.from(all.subarray(9, end)) });
      all = all.subarray(end);
    }
    this.#rest = all;
  }
}

function frameOf({ type, flags, stream, body }: Frame): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

/** Fields as literals that nobody remembers (RFC 7541, section 6.2.2). */
export const fields = (all: readonly (readonly [string, string])[]): Buffer =>
  Buffer.concat(all.flatMap(([name, value]) => [Buffer.from([0]), textOf(name), textOf(value)]));

function textOf(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  return Buffer.concat([integerOf(bytes.length), bytes]);
}

/** With a prefix of seven bits. */
function integerOf(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest >>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

/** The fields of a request with a token. */
export const requestFields = (server: TestServer, path: string, method = "GET") =>
  fields([
    [":method", method],
    [":scheme", "https"],
    [":path", path],
    [":authority", `127.0.0.1:${server.http.address.port}`],
    ["authorization", `Bearer ${server.token}`],
  ]);
