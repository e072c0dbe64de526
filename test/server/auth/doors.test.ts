import { once } from "node:events";
import { connect, type ClientHttp2Session } from "node:http2";
import { describe, expect } from "vitest";
import { WebSocket } from "ws";
import { BEARER_PROTOCOL } from "../../../server/http/bearer.ts";
import { CONFIG_MAPS, test, type TestServer } from "../http/harness.ts";

const make = (server: TestServer, name: string, more: object = {}) =>
  server.tokens.create({ name, secrets: false, ...more }).secret;

const SECRETS = "/api/v1/namespaces/default/secrets";
const REFUSED = 'secrets is forbidden: User "tiltish:token:ci" cannot';

describe("a token over HTTP/2", () => {
  const open = (server: TestServer): ClientHttp2Session =>
    connect(`https://127.0.0.1:${server.http.address.port}`, { ca: server.cert });

  const ask = async (session: ClientHttp2Session, secret: string, path: string, method = "GET") => {
    const headers = { ":path": path, ":method": method, authorization: `Bearer ${secret}` };
    const stream = session.request(headers);
    const [answer] = (await once(stream, "response")) as [Record<string, unknown>];
    return { status: answer[":status"], stream };
  };

  const textOf = async (stream: AsyncIterable<unknown>): Promise<string> => {
    let text = "";
    for await (const chunk of stream) text += String(chunk);
    return text;
  };

  test("may do what it may over HTTP/1.1, request by request", async ({ server }) => {
    const secret = make(server, "ci");
    const session = open(server);
    expect(await ask(session, secret, CONFIG_MAPS)).toMatchObject({ status: 200 });
    const refused = await ask(session, secret, SECRETS);
    expect(refused.status).toBe(403);
    expect(await textOf(refused.stream)).toContain(JSON.stringify(REFUSED).slice(1, -1));
    expect(await ask(session, secret, CONFIG_MAPS, "DELETE")).toMatchObject({ status: 403 });
    expect(await ask(session, server.token, SECRETS)).toMatchObject({ status: 200 });
    server.tokens.delete("ci");
    expect(await ask(session, secret, CONFIG_MAPS)).toMatchObject({ status: 401 });
    expect(await ask(session, server.token, CONFIG_MAPS)).toMatchObject({ status: 200 });
    session.destroy();
  });

  test("ends its own watches, and leaves the others of the connection", async ({ server }) => {
    const secret = make(server, "ci");
    const session = open(server);
    const own = await ask(session, secret, `${CONFIG_MAPS}?watch=1`);
    const other = await ask(session, server.token, `${CONFIG_MAPS}?watch=1`);
    server.tokens.delete("ci");
    expect(await textOf(own.stream)).toBe("");
    await server.create("after");
    const [line] = (await once(other.stream, "data")) as [Buffer];
    expect(line.toString()).toContain('"after"');
    session.destroy();
  });
});

describe("a token in a subprotocol of a WebSocket", () => {
  const open = (server: TestServer, secret: string, path: string): WebSocket => {
    const protocol = BEARER_PROTOCOL + Buffer.from(secret).toString("base64url");
    const url = `wss://127.0.0.1:${server.http.address.port}${path}`;
    return new WebSocket(url, [protocol, "any.k8s.io"], { ca: server.cert });
  };

  test("may watch what it may read, until it is deleted", async ({ server }) => {
    await server.create("a");
    const socket = open(server, make(server, "ci"), `${CONFIG_MAPS}?watch=1`);
    const [data] = (await once(socket, "message")) as [Buffer];
    expect(JSON.parse(data.toString())).toMatchObject({ type: "ADDED", object: { metadata: { name: "a" } } });
    server.tokens.delete("ci");
    const [code] = (await once(socket, "close")) as [number];
    expect(code).toBe(1000);
  });

  test("is refused before there is a WebSocket", async ({ server }) => {
    const statusOf = async (secret: string, path: string) => {
      const socket = open(server, secret, `${path}?watch=1`);
      socket.on("error", () => undefined);
      const [, answer] = (await once(socket, "unexpected-response")) as [unknown, { statusCode: number }];
      socket.terminate();
      return answer.statusCode;
    };
    const here = make(server, "here", { namespace: "default" });
    expect(await statusOf(here, SECRETS)).toBe(403);
    expect(await statusOf(here, "/api/v1/configmaps")).toBe(403);
    expect(await statusOf(make(server, "old", { ttlMs: 0 }), CONFIG_MAPS)).toBe(401);
    expect(await statusOf(`${here}x`, CONFIG_MAPS)).toBe(401);
  });
});
