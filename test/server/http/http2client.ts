import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type SecureClientSessionOptions,
} from "node:http2";
import { type Answer, type Asked, type TestServer, TestWatch } from "./harness.ts";

/** An answer that has begun. */
interface Opened {
  stream: ClientHttp2Stream;
  headers: IncomingHttpHeaders & { ":status"?: number };
}

/** One connection of HTTP/2. */
export class Http2Client {
  readonly session: ClientHttp2Session;
  readonly #server: TestServer;

  static async open(server: TestServer, options: SecureClientSessionOptions = {}): Promise<Http2Client> {
    const { port } = server.http.address;
    const session = connect(`https://127.0.0.1:${port}`, { ca: server.cert, ...options });
    await once(session, "connect");
    session.on("error", () => undefined);
    return new Http2Client(server, session);
  }

  private constructor(server: TestServer, session: ClientHttp2Session) {
    this.#server = server;
    this.session = session;
  }

  /** Sends the beginning of a request, with the token unless the headers say otherwise. */
  begin(path: string, { method = "GET", headers = {} }: Asked = {}): ClientHttp2Stream {
    const authorization = `Bearer ${this.#server.token}`;
    const stream = this.session.request(
      { ":method": method, ":path": path, authorization, ...headers },
      { endStream: false },
    );
    stream.on("error", () => undefined);
    return stream;
  }

  async open(path: string, asked: Asked = {}): Promise<Opened> {
    const { body, headers } = asked;
    const isRaw = body === undefined || typeof body === "string" || Buffer.isBuffer(body);
    const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    const stream = this.begin(path, { ...asked, headers: { ...type, ...headers } });
    const answered = once(stream, "response") as Promise<[Opened["headers"]]>;
    stream.end(isRaw ? body : JSON.stringify(body));
    const [answer] = await answered;
    return { stream, headers: answer };
  }

  async ask(path: string, asked: Asked = {}): Promise<Answer> {
    return answerOf(await this.open(path, asked));
  }

  async watch(path: string, headers: Record<string, string> = {}): Promise<TestWatch<ClientHttp2Stream>> {
    return new TestWatch((await this.open(path, { headers })).stream);
  }

  close(): void {
    this.session.destroy();
  }
}

/** The whole of it. */
export async function answerOf({ stream, headers }: Opened): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  const isJson = headers["content-type"]?.includes("json") && !headers["content-encoding"];
  return {
    status: headers[":status"]!,
    headers,
    text,
    json: isJson && text !== "" ? JSON.parse(text) : undefined,
  };
}
