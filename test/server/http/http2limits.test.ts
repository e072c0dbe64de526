import { once } from "node:events";
import { connect } from "node:tls";
import { describe, expect, test as plain } from "vitest";
import { fields, FLAG, FRAME, type Frame, RawSession, requestFields } from "./frames.ts";
import { CONFIG_MAPS, test as base, TestServer } from "./harness.ts";
import { Http2Client } from "./http2client.ts";

const WATCH = `${CONFIG_MAPS}?watch=1`;
const CANCEL = Buffer.from([0, 0, 0, 8]);
/** Of GOAWAY and RST_STREAM, RFC 9113, section 7. */
const [PROTOCOL_ERROR, REFUSED_STREAM, ENHANCE_YOUR_CALM] = [1, 7, 11];

const test = base.extend<{ session: RawSession }>({
  session: async ({ server }, use) => {
    const session = await RawSession.open(server);
    await use(session);
    session.socket.destroy();
  },
});

const get = (server: TestServer, stream: number, path = "/api"): Frame => ({
  type: FRAME.headers,
  flags: FLAG.endHeaders | FLAG.endStream,
  stream,
  body: requestFields(server, path),
});

const reset = (stream: number): Frame => ({ type: FRAME.reset, flags: 0, stream, body: CANCEL });
const oddNumbers = (count: number) => Array.from({ length: count }, (_, index) => 2 * index + 1);

const resetsIn = (session: RawSession) =>
  session.frames.filter(({ type }) => type === FRAME.reset).map(({ body }) => body.readUInt32BE());

/** The text that has come on a stream. */
const textOn = (session: RawSession, stream: number): string =>
  Buffer.concat(
    session
      .ofStream(stream)
      .filter(({ type }) => type === FRAME.data)
      .map(({ body }) => body),
  ).toString("utf8");

const hasEnded = (session: RawSession, stream: number): boolean =>
  session.ofStream(stream).some(({ flags }) => (flags & FLAG.endStream) !== 0);

/** Sends frames until the server has had enough. */
async function flood(session: RawSession, frame: Frame): Promise<void> {
  const many = Array.from({ length: 1_000 }, () => frame);
  while (!session.socket.destroyed) {
    const drained = session.sendAll(many) ? Promise.resolve() : once(session.socket, "drain");
    await Promise.race([drained.catch(() => undefined), session.closed]);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("what one connection may ask for", () => {
  test("rule 20: a request that was answered whole is not reset", async ({ server, session }) => {
    session.sendAll([
      get(server, 1),
      get(server, 3, "/nope"),
      get(server, 5, `${WATCH}&timeoutSeconds=1`),
      get(server, 7, CONFIG_MAPS),
    ]);
    await expect.poll(() => [1, 3, 5, 7].map((stream) => hasEnded(session, stream))).not.toContain(false);
    session.sendAll([get(server, 9)]);
    await expect.poll(() => hasEnded(session, 9)).toBe(true);
    expect(resetsIn(session)).toEqual([]);
  });

  test("streams beyond the limit are refused, the others are served", async ({ server, session }) => {
    session.sendAll(oddNumbers(300).map((stream) => get(server, stream, WATCH)));
    await expect.poll(() => resetsIn(session).length).toBe(50);
    expect(new Set(resetsIn(session))).toEqual(new Set([REFUSED_STREAM]));
    await server.create("a");
    await expect.poll(() => textOn(session, 1)).toContain('"ADDED"');
    await expect.poll(() => textOn(session, 499)).toContain('"ADDED"');
  });

  test("headers that are too large are 431, with a Status", async ({ server, session }) => {
    const head = requestFields(server, "/api");
    session.send(FRAME.headers, FLAG.endStream, 1, head);
    session.send(FRAME.continuation, 0, 1, fields([["x-a", "y".repeat(10_000)]]));
    session.send(FRAME.continuation, FLAG.endHeaders, 1, fields([["x-b", "y".repeat(10_000)]]));
    await expect.poll(() => hasEnded(session, 1)).toBe(true);
    expect(JSON.parse(textOn(session, 1))).toMatchObject({ kind: "Status", code: 431 });
    session.sendAll([get(server, 3)]);
    await expect.poll(() => textOn(session, 3)).toContain("APIVersions");
  });

  test("too many header fields end the request alone", async ({ server, session }) => {
    session.send(FRAME.headers, FLAG.endStream, 1, requestFields(server, "/api"));
    const many = fields(oddNumbers(200).map((index) => [`x-${index}`, "y"] as const));
    session.send(FRAME.continuation, FLAG.endHeaders, 1, many);
    await expect.poll(() => resetsIn(session)).toEqual([ENHANCE_YOUR_CALM]);
    session.sendAll([get(server, 3)]);
    await expect.poll(() => textOn(session, 3)).toContain("APIVersions");
  });

  test.for([
    ["a Connection header", [["connection", "close"]]],
    ["a Transfer-Encoding header", [["transfer-encoding", "chunked"]]],
    ["a header in upper case", [["X-Upper", "y"]]],
    ["a field of the protocol that there is not", [[":mood", "good"]]],
    ["a second authority", [[":authority", "evil"]]],
  ] as [string, [string, string][]][])("%s ends the request alone", async ([, more], { server, session }) => {
    const body = Buffer.concat([requestFields(server, "/api"), fields(more)]);
    session.send(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, body);
    await expect.poll(() => resetsIn(session)).toEqual([PROTOCOL_ERROR]);
    session.sendAll([get(server, 3)]);
    await expect.poll(() => textOn(session, 3)).toContain("APIVersions");
  });

  test("rule 114: a Host header beside another authority is refused", async ({ server, session }) => {
    const body = Buffer.concat([requestFields(server, "/api"), fields([["host", "evil"]])]);
    session.send(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, body);
    await expect.poll(() => textOn(session, 1)).toContain('"code":403');
  });

  test("a body that ends early is not taken for a whole one", async ({ server, session }) => {
    const type = fields([["content-type", "application/yaml"]]);
    const head = Buffer.concat([requestFields(server, CONFIG_MAPS, "POST"), type]);
    session.send(FRAME.headers, FLAG.endHeaders, 1, head);
    session.send(FRAME.data, 0, 1, Buffer.from("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: half}\n"));
    session.sendAll([get(server, 3)]);
    await expect.poll(() => hasEnded(session, 3)).toBe(true);
    session.sendAll([reset(1), get(server, 5)]);
    await expect.poll(() => hasEnded(session, 5)).toBe(true);
    expect((await server.ask(CONFIG_MAPS)).json.items).toEqual([]);
  });
});

describe("floods", () => {
  test.for([
    ["pings", { type: FRAME.ping, flags: 0, stream: 0, body: Buffer.alloc(8) }],
    ["settings", { type: FRAME.settings, flags: 0, stream: 0, body: Buffer.alloc(0) }],
    ["headers without end", { type: FRAME.continuation, flags: 0, stream: 1, body: fields([["x", "y"]]) }],
    ["data that holds nothing", { type: FRAME.data, flags: 0, stream: 1, body: Buffer.alloc(0) }],
    ["window updates by nothing", { type: FRAME.windowUpdate, flags: 0, stream: 0, body: Buffer.alloc(4) }],
  ] as const)("%s end the connection, and nothing else", async ([what, frame], { server, session }) => {
    const flags = what.startsWith("headers") ? 0 : FLAG.endHeaders;
    session.send(FRAME.headers, flags, 1, requestFields(server, CONFIG_MAPS, "POST"));
    if (what === "pings" || what === "settings") session.socket.pause(); // and so are their answers
    await flood(session, frame);
    expect(await server.ask("/readyz")).toMatchObject({ status: 200 });
  });

  plain("requests that are given up at once end the connection, and what it watched", async () => {
    const server = await TestServer.start({ limits: { maxWatches: 1 } });
    const session = await RawSession.open(server);
    session.sendAll([get(server, 1, WATCH)]);
    await expect.poll(() => session.ofStream(1)).toHaveLength(1);
    expect(await server.ask(WATCH)).toMatchObject({ status: 429 });
    for (const stream of oddNumbers(2_000).slice(1)) session.sendAll([get(server, stream), reset(stream)]);
    await session.closed;
    expect(session.goAway).toBe(ENHANCE_YOUR_CALM);
    await expect.poll(async () => (await server.ask(`${WATCH}&timeoutSeconds=1`)).status).toBe(200);
    await server.stop();
  });

  test("what is no HTTP ends the connection", async ({ server, session }) => {
    session.socket.write(Buffer.alloc(1_000, 0x55));
    await session.closed;
    expect(await server.ask("/readyz")).toMatchObject({ status: 200 });
  });
});

describe("connections that are not used", () => {
  const quick = {
    limits: { keepAliveTimeoutMs: 300, headersTimeoutMs: 200, connectionsCheckingIntervalMs: 50 },
  };

  plain("are ended in good order, before and after the first request", async () => {
    const server = await TestServer.start(quick);
    const silent = await RawSession.open(server);
    await silent.closed;
    expect(silent.goAway).toBe(0);
    const used = await RawSession.open(server);
    used.sendAll([get(server, 1)]);
    await used.closed;
    expect(textOn(used, 1)).toContain("APIVersions");
    expect(used.goAway).toBe(0);
    await server.stop();
  });

  plain("are ended although the headers of a request have begun", async () => {
    const server = await TestServer.start(quick);
    const session = await RawSession.open(server);
    session.send(FRAME.headers, FLAG.endStream, 1, requestFields(server, "/api"));
    await session.closed;
    expect(session.ofStream(1)).toEqual([]);
    await server.stop();
  });

  plain("are ended although nobody has spoken at all", async () => {
    const server = await TestServer.start(quick);
    const { port } = server.http.address;
    const socket = connect({ host: "127.0.0.1", port, ca: server.cert, ALPNProtocols: ["h2"] });
    socket.resume();
    await once(socket, "close");
    expect(socket.alpnProtocol).toBe("h2");
    await server.stop();
  });

  plain("stay while something is watched", async () => {
    const server = await TestServer.start(quick);
    const client = await Http2Client.open(server);
    const watch = await client.watch(WATCH);
    const silent = await RawSession.open(server);
    await silent.closed; // so long
    await server.create("a");
    expect(await watch.first(1)).toMatchObject([{ type: "ADDED" }]);
    client.close();
    await server.stop();
  });
});

plain("rule 96: a connection that is not read at all loses its watches, and is ended", async () => {
  const limits = { stallMs: 300, keepAliveTimeoutMs: 300, maxWatches: 20 };
  const server = await TestServer.start({ limits });
  for (let index = 0; index < 30; index++) await server.create(`n${index}`, { x: "y".repeat(100_000) });
  const session = await RawSession.open(server);
  session.socket.pause();
  session.sendAll(oddNumbers(20).map((stream) => get(server, stream, WATCH)));
  const other = `${WATCH}&labelSelector=x&timeoutSeconds=1`;
  await expect.poll(async () => (await server.ask(other)).status).toBe(429);
  await expect.poll(async () => (await server.ask(other)).status).toBe(200);
  session.socket.resume();
  await session.closed;
  await server.stop();
});

plain("connections beyond the limit are not taken", async () => {
  const server = await TestServer.start({ limits: { maxConnections: 2 } });
  const clients = [await Http2Client.open(server), await Http2Client.open(server)];
  await expect(RawSession.open(server)).rejects.toThrow();
  clients[0]!.close();
  await expect
    .poll(() =>
      RawSession.open(server).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  clients[1]!.close();
  await server.stop();
});
