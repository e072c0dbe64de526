import { performServerHandshake, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { once } from "node:events";

/** Numbers of gRPC's own. */
export const GRPC = { ok: 0, invalidArgument: 3, notFound: 5, unimplemented: 12, internal: 13 } as const;

export class GrpcError extends Error {
  override readonly name = "GrpcError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** A call: messages come in, and messages go out. */
export interface Call {
  headers: IncomingHttpHeaders;
  messages: AsyncIterable<Buffer>;
  /** Resolves when there is room for more. */
  send: (message: Buffer) => Promise<void>;
  signal: AbortSignal;
}

/** By path, such as `/grpc.health.v1.Health/Check`. */
export type Methods = Readonly<Record<string, (call: Call) => Promise<void>>>;

/** A method with one message in and one out. */
export const unary =
  (answer: (message: Buffer) => Promise<Buffer> | Buffer) =>
  async ({ messages, send }: Call): Promise<void> => {
    for await (const message of messages) return send(await answer(message));
    throw new GrpcError(GRPC.invalidArgument, "no message");
  };

const LARGEST_MESSAGE = 16 * 1024 * 1024;

/** Serves gRPC on a connection on which the other side is the client. @returns how to end it. */
export function serveGrpc(socket: Duplex, methods: Methods): () => void {
  const session = performServerHandshake(socket);
  session.on("error", () => undefined); // the engine has gone; its build tells
  socket.on("error", () => undefined);
  session.on("stream", (stream, headers) => void serve(stream, headers, methods));
  return () => {
    session.destroy();
    socket.destroy();
  };
}

async function serve(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  methods: Methods,
): Promise<void> {
  const abort = new AbortController();
  stream.on("error", () => abort.abort());
  stream.on("close", () => abort.abort());
  let status: { code: number; message: string } = { code: GRPC.ok, message: "" };
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => {
    const message = encodeURIComponent(status.message);
    if (!stream.destroyed)
      stream.sendTrailers({ "grpc-status": String(status.code), "grpc-message": message });
  });
  try {
    const method = methods[String(headers[":path"])];
    if (!method) throw new GrpcError(GRPC.unimplemented, `no such method: ${String(headers[":path"])}`);
    const send = async (message: Buffer): Promise<void> => {
      if (!stream.write(framed(message))) await once(stream, "drain", { signal: abort.signal });
    };
    await method({ headers, messages: messagesOf(stream), send, signal: abort.signal });
  } catch (error) {
    status = statusOf(error);
  }
  if (!stream.destroyed) stream.end();
}

const statusOf = (error: unknown): { code: number; message: string } =>
  error instanceof GrpcError
    ? { code: error.code, message: error.message }
    : { code: GRPC.internal, message: error instanceof Error ? error.message : "failed" };

function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** @throws GrpcError for a message that is too large. */
async function* messagesOf(stream: ServerHttp2Stream): AsyncGenerator<Buffer, void, void> {
  let rest: Buffer = Buffer.alloc(0);
  // Who reads no further has still to answer.
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    while (rest.length >= 5) {
      const length = rest.readUInt32BE(1);
      if (length > LARGEST_MESSAGE) throw new GrpcError(GRPC.invalidArgument, "message too large");
      if (rest.length < 5 + length) break;
      yield rest.subarray(5, 5 + length);
      rest = rest.subarray(5 + length);
    }
  }
}
