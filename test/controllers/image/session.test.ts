import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { expect, test as base } from "vitest";
import { openSession, type Offers } from "../../../controllers/image/buildkit/session.ts";
import { bytesField, fieldsOf } from "../../../controllers/image/buildkit/wire.ts";

const OFFERS: Offers = {
  secrets: new Map([["token", Buffer.from("s3cret")]]),
  agents: new Map(),
  credentials: (registry) =>
    Promise.resolve(
      registry === "known" ? { username: "alice", password: "pw", serveraddress: registry } : undefined,
    ),
};

interface Answer {
  status: string;
  messages: Buffer[];
}

/** The engine's side of a session: a gRPC client over the connection that was given over. */
class Peer {
  readonly #server: Server;
  readonly #client: Duplex;
  readonly #http2;
  headers: Record<string, unknown> = {};

  constructor(server: Server, client: Duplex, other: Duplex) {
    this.#server = server;
    this.#client = other;
    this.#http2 = connectHttp2("http://session", { createConnection: () => client });
  }

  static async open(directory: string, offers: Offers): Promise<Peer> {
    const path = join(directory, "session.sock");
    const server = createServer();
    server.listen(path);
    await once(server, "listening");
    const ours = connect(path);
    const [theirs] = (await once(server, "connection")) as [Duplex];
    const peer = new Peer(server, ours, theirs);
    const engine = {
      hijack: ({ headers }: { headers: Record<string, unknown> }) => {
        peer.headers = headers;
        return Promise.resolve(theirs);
      },
    };
    await openSession(engine as never, offers, new AbortController().signal);
    return peer;
  }

  call(path: string, messages: Buffer[], headers: Record<string, string> = {}): Promise<Answer> {
    const stream = this.#http2.request({ ":method": "POST", ":path": path, te: "trailers", ...headers });
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    let status = "";
    stream.on("trailers", (trailers) => (status = String(trailers["grpc-status"])));
    for (const message of messages) stream.write(frame(message));
    stream.end();
    return new Promise((resolve) => {
      stream.on("close", () => resolve({ status, messages: unframe(Buffer.concat(chunks)) }));
    });
  }

  close(): void {
    this.#http2.destroy();
    this.#client.destroy();
    this.#server.close();
  }
}

function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function unframe(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at + 5 <= bytes.length;) {
    const length = bytes.readUInt32BE(at + 1);
    messages.push(bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return messages;
}

const textsOf = (message: Buffer): string[] => [...fieldsOf(message)].map(({ bytes }) => bytes.toString());

const test = base.extend<{ directory: string }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
  directory: async ({}, use) => {
    const directory = await mkdtemp(join(tmpdir(), "tiltish-session-"));
    await use(directory);
    await rm(directory, { recursive: true, force: true });
  },
});

test("a session gives a login, and a secret, to who asks for it by name, and nothing else", async ({
  directory,
}) => {
  const peer = await Peer.open(directory, OFFERS);
  const login = await peer.call("/moby.filesync.v1.Auth/Credentials", [bytesField(1, "known")]);
  expect(login.status).toBe("0");
  expect(textsOf(login.messages[0]!)).toEqual(["alice", "pw"]);
  const none = await peer.call("/moby.filesync.v1.Auth/Credentials", [bytesField(1, "unknown")]);
  expect(textsOf(none.messages[0]!)).toEqual(["", ""]);
  const secret = await peer.call("/moby.buildkit.secrets.v1.Secrets/GetSecret", [bytesField(1, "token")]);
  expect(textsOf(secret.messages[0]!)).toEqual(["s3cret"]);
  const missing = await peer.call("/moby.buildkit.secrets.v1.Secrets/GetSecret", [bytesField(1, "other")]);
  expect(missing).toEqual({ status: "5", messages: [] });
  expect((await peer.call("/no.such/Method", [])).status).toBe("12");
  expect(peer.headers["X-Docker-Expose-Session-Grpc-Method"]).not.toContain(
    "/moby.sshforward.v1.SSH/CheckAgent",
  );
  peer.close();
});

test("a session joins a step with an ssh agent", async ({ directory }) => {
  const path = join(directory, "agent.sock");
  const agent = createServer((socket) => socket.on("data", (data) => socket.end(`you said ${String(data)}`)));
  agent.listen(path);
  await once(agent, "listening");
  const peer = await Peer.open(directory, { ...OFFERS, agents: new Map([["mine", path]]) });
  const answer = await peer.call("/moby.sshforward.v1.SSH/ForwardAgent", [bytesField(1, "hello")], {
    "buildkit.ssh.id": "mine",
  });
  expect(textsOf(answer.messages[0]!)).toEqual(["you said hello"]);
  const unknown = await peer.call("/moby.sshforward.v1.SSH/CheckAgent", [bytesField(1, "other")]);
  expect(unknown.status).toBe("5");
  peer.close();
  agent.close();
});
