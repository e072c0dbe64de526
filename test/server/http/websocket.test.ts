import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test as plain } from "vitest";
import { badRequest } from "../../../apis/errors.ts";
import type { LogSource } from "../../../server/http/index.ts";
import { CONFIG_MAPS, configMap, localProcess, PROCESSES, test, TestServer } from "./harness.ts";
import { type Refused, SocketClient, TOKEN_PROTOCOL } from "./websocketclient.ts";

const WATCH = `${CONFIG_MAPS}?watch=true`;
const LOG = `${PROCESSES}/web/log?follow=true`;

const tokenOf = ({ token }: TestServer): string =>
  TOKEN_PROTOCOL + Buffer.from(token, "utf8").toString("base64url");

const refusalOf = (opening: Promise<SocketClient>) =>
  opening.then(
    () => ({ answer: undefined }),
    (error: Refused) => error,
  );

describe("watches", () => {
  test.for([false, true])(
    "rule 95: events come as texts, one document each (over TLS: %j)",
    async (tls, { server }) => {
      await server.create("a");
      const client = await SocketClient.open(server, WATCH, { tls });
      await server.create("b", { text: "one\ntwo\u2028three" });
      await server.ask(`${CONFIG_MAPS}/a`, { method: "DELETE" });
      await expect.poll(() => client.names).toEqual(["ADDED a", "ADDED b", "DELETED a"]);
      expect(client.messages.map(({ isBinary }) => isBinary)).toEqual([false, false, false]);
      expect(client.texts.filter((text) => text.includes("\n"))).toEqual([]);
      const [line] = await (await server.watch(`${WATCH}&fieldSelector=metadata.name=b`)).first(1);
      expect(JSON.parse(client.texts[1]!)).toEqual(line);
      client.socket.close();
    },
  );

  test("rule 95: they are all that watches are: tables, bookmarks, the end of the present state", async ({
    server,
  }) => {
    for (const name of ["a", "b"]) await server.ask(PROCESSES, { method: "POST", body: localProcess(name) });
    const query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    const headers = {
      authorization: `Bearer ${server.token}`,
      accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
    };
    const client = await SocketClient.open(server, `${PROCESSES}?${query}`, { headers });
    await expect.poll(() => client.messages).toHaveLength(3);
    const tables = client.texts.map(
      (text) => (JSON.parse(text) as { object: { columnDefinitions: unknown } }).object,
    );
    expect(tables.map(({ columnDefinitions }) => Boolean(columnDefinitions))).toEqual([true, false, false]);
    expect(client.texts[2]).toContain("k8s.io/initial-events-end");
    client.socket.close();
  });

  test("rule 89: what is forgotten is an ERROR event with 410, and the end", async () => {
    const server = await TestServer.start({ maxHistory: 2 });
    for (const name of ["a", "b", "c", "d", "e"]) await server.create(name);
    await server.store.compact();
    const client = await SocketClient.open(server, `${WATCH}&resourceVersion=1`);
    expect(await client.closed).toBe(1000);
    expect(client.texts.map((text) => JSON.parse(text) as object)).toMatchObject([
      { type: "ERROR", object: { code: 410, reason: "Expired" } },
    ]);
    await server.stop();
  });

  test("rule 90: the time and the server end them with code 1000", async () => {
    const server = await TestServer.start();
    const timed = await SocketClient.open(server, `${WATCH}&timeoutSeconds=1`);
    expect(await timed.closed).toBe(1000);
    const client = await SocketClient.open(server, WATCH, { tls: true });
    await server.create("a");
    await expect.poll(() => client.names).toEqual(["ADDED a"]);
    await server.stop();
    expect(await client.closed).toBe(1000);
  });

  test("nothing is compressed", async ({ server }) => {
    const client = await SocketClient.open(server, WATCH);
    expect(client.socket.extensions).toBe("");
    client.socket.close();
  });
});

describe("tokens", () => {
  test("rule 95: a token comes as a subprotocol, and is not repeated", async ({ server }) => {
    for (const protocols of [
      [tokenOf(server), "binary.k8s.io"],
      ["base64.binary.k8s.io", tokenOf(server)],
      [`${TOKEN_PROTOCOL}${Buffer.from(server.token).toString("base64").replaceAll("=", "")}`, "x"],
    ]) {
      const client = await SocketClient.open(server, WATCH, { protocols, headers: {} });
      expect(client.socket.protocol).toBe(protocols.find((name) => !name.startsWith(TOKEN_PROTOCOL)));
      client.socket.close();
    }
  });

  test("rule 95: alone it is refused, because there would be nothing to answer with", async ({ server }) => {
    const { answer } = await refusalOf(
      SocketClient.open(server, WATCH, { protocols: [tokenOf(server)], headers: {} }),
    );
    expect(answer).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining("another") as string },
    });
  });

  test.for([
    [],
    ["binary.k8s.io"],
    [`${TOKEN_PROTOCOL}d3Jvbmc`, "binary.k8s.io"],
    [`${TOKEN_PROTOCOL}%`, "x"],
  ])("rule 112: %j is 401", async (protocols, { server }) => {
    const { answer } = await refusalOf(SocketClient.open(server, WATCH, { protocols, headers: {} }));
    expect(answer).toMatchObject({ status: 401, json: { kind: "Status", message: "Unauthorized" } });
  });

  test("two of them are 401, and one is none for what is no WebSocket", async ({ server }) => {
    const protocols = [tokenOf(server), `${TOKEN_PROTOCOL}eA`, "x"];
    const { answer } = await refusalOf(SocketClient.open(server, WATCH, { protocols, headers: {} }));
    expect(answer).toMatchObject({ status: 401 });
    const headers = { authorization: "", "sec-websocket-protocol": `${tokenOf(server)}, x` };
    expect(await server.ask("/api", { headers })).toMatchObject({ status: 401 });
  });
});

describe("before it is one, it is a request", () => {
  const refused = async (server: TestServer, path: string, headers: Record<string, string> = {}) =>
    (
      await refusalOf(
        SocketClient.open(server, path, { headers: { authorization: `Bearer ${server.token}`, ...headers } }),
      )
    ).answer;

  test("rule 114: Host and Origin are looked at first", async ({ server }) => {
    expect(await refused(server, WATCH, { host: "evil" })).toMatchObject({ status: 403 });
    expect(await refused(server, WATCH, { origin: "https://evil.example" })).toMatchObject({
      status: 403,
      json: { kind: "Status", reason: "Forbidden" },
    });
  });

  test.for([
    ["/nope", 404],
    ["/api/v1/nopes?watch=1", 404],
    [`${WATCH}&labelSelector=a(b`, 400],
    [`${WATCH}&resourceVersion=abc`, 400],
    [`${WATCH}&timeoutSeconds=abc`, 400],
    [`${WATCH}&sendInitialEvents=true`, 422],
    [`${PROCESSES}/nope/log`, 404],
  ] as const)("%s is answered with %i and a Status", async ([path, status], { server }) => {
    expect(await refused(server, path)).toMatchObject({
      status,
      json: { kind: "Status", code: status },
      headers: { connection: "close", "audit-id": expect.any(String) as string },
    });
  });

  test("rule 35: one that takes YAML alone is 406", async ({ server }) => {
    expect(await refused(server, WATCH, { accept: "application/yaml" })).toMatchObject({ status: 406 });
  });

  test("what is no stream is answered as it is", async ({ server }) => {
    expect(await refused(server, CONFIG_MAPS)).toMatchObject({
      status: 200,
      json: { kind: "ConfigMapList" },
    });
    expect(await refused(server, "/readyz")).toMatchObject({ status: 200, text: "ok" });
  });

  const HANDSHAKE = { connection: "Upgrade", upgrade: "websocket" };

  test("a version that nobody speaks is 426 with the one that is spoken, a bad key is 400", async ({
    server,
  }) => {
    const ask = (headers: Record<string, string>) =>
      server.ask(WATCH, { headers: { ...HANDSHAKE, ...headers } });
    expect(await ask({ "sec-websocket-version": "7" })).toMatchObject({
      status: 426,
      headers: { "sec-websocket-version": "13" },
      json: { kind: "Status" },
    });
    for (const key of ["", "short"]) {
      expect(await ask({ "sec-websocket-version": "13", "sec-websocket-key": key })).toMatchObject({
        status: 400,
      });
    }
    const good = { "sec-websocket-version": "13", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==" };
    for (const names of ["a, a", "a b", "a,,b", '"a"']) {
      expect(await ask({ ...good, "sec-websocket-protocol": names })).toMatchObject({ status: 400 });
    }
  });

  test("who asks to become something else is answered as if it had not", async ({ server }) => {
    const headers = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABk" };
    expect(await server.ask(CONFIG_MAPS, { headers })).toMatchObject({ status: 200 });
    for (const upgrade of ["h2c", "websocket"]) {
      const body = configMap(upgrade);
      const asked = { method: "POST", body, headers: { ...headers, upgrade } };
      expect(await server.ask(CONFIG_MAPS, asked)).toMatchObject({ status: 201 });
    }
  });

  test("who is gone before its other answers were read leaves the server unharmed", async ({ server }) => {
    for (let i = 0; i < 20; i++) await server.create(`n${i}`, { x: "y".repeat(1_000_000) });
    const head = `HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.token}\r\n`;
    for (let round = 0; round < 3; round++) {
      const socket = connect(server.socketPath);
      socket.write(`GET ${CONFIG_MAPS} ${head}\r\n`);
      socket.write(`GET ${WATCH} ${head}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
      await once(socket, "readable");
      socket.destroy(); // with much unread, so that the other side is told of a reset
    }
    expect(await server.ask("/readyz")).toMatchObject({ status: 200 });
  });

  test("watches over WebSockets are counted with the others", async () => {
    const server = await TestServer.start({ limits: { maxWatches: 2 } });
    const clients = [await SocketClient.open(server, WATCH), await SocketClient.open(server, WATCH)];
    expect(await refused(server, WATCH)).toMatchObject({ status: 429, headers: { "retry-after": "1" } });
    for (const { socket } of clients) socket.terminate();
    await expect
      .poll(() =>
        SocketClient.open(server, WATCH).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    await server.stop();
  });
});

describe("clients", () => {
  test("are answered when they ping, and heard out when they talk", async ({ server }) => {
    const client = await SocketClient.open(server, WATCH);
    let pongs = 0;
    client.socket.on("pong", () => pongs++);
    client.socket.ping();
    client.socket.send("hello");
    client.socket.send(Buffer.alloc(1_000), { binary: true });
    client.socket.ping();
    await expect.poll(() => pongs).toBe(2);
    await server.create("a");
    await expect.poll(() => client.names).toEqual(["ADDED a"]);
    client.socket.close();
    expect(await client.closed).toBe(1005);
  });

  test("that talk too much are closed with 1009", async ({ server }) => {
    const client = await SocketClient.open(server, WATCH);
    client.socket.send("x".repeat(100_000));
    expect(await client.closed).toBe(1009);
  });

  test("that ping without an end and never read are closed", async ({ server }) => {
    const client = await SocketClient.open(server, WATCH);
    client.socket.pause();
    let isOpen = true;
    void client.closed.then(() => (isOpen = false));
    await expect
      .poll(() => {
        for (let index = 0; index < 2_000; index++) client.socket.ping();
        if (client.socket.bufferedAmount > 1_000_000) client.socket.resume(); // to see the end
        return isOpen;
      })
      .toBe(false);
    expect(await server.ask("/readyz")).toMatchObject({ status: 200 });
  });

  plain("rule 96: that do not read are ended, and no writer waits for them", async () => {
    const server = await TestServer.start({ limits: { stallMs: 500, maxWatches: 1 } });
    const lazy = await SocketClient.open(server, WATCH);
    lazy.socket.pause();
    for (let index = 0; index < 60; index++) await server.create(`n${index}`, { x: "y".repeat(100_000) });
    await expect
      .poll(async () => (await server.ask(`${WATCH}&timeoutSeconds=1&labelSelector=x`)).status)
      .toBe(200);
    lazy.socket.resume();
    await lazy.closed;
    const names = lazy.names.filter((name) => name.startsWith("ADDED"));
    expect(names).toEqual(names.map((_, index) => `ADDED n${index}`)); // no gap
    expect(names.length).toBeLessThan(60);
    await server.stop();
  });
});

describe("logs", () => {
  async function serverWith(logSource: LogSource): Promise<TestServer> {
    const server = await TestServer.start({ logSource });
    await server.ask(PROCESSES, { method: "POST", body: localProcess("web") });
    return server;
  }

  const bytes = Buffer.from([0xff, 0x00, 0x0a, 0x41]);

  plain("rule 95: output is binary, or base64 for who asks for that", async () => {
    const server = await serverWith(async function* () {
      yield bytes;
      yield Buffer.from("two\n");
    });
    for (const [protocols, isBinary] of [
      [[], true],
      [["binary.k8s.io"], true],
      [["base64.binary.k8s.io", "binary.k8s.io"], false],
      [["v9.unheard.of", "binary.k8s.io"], true],
    ] as const) {
      const client = await SocketClient.open(server, LOG, { protocols: [...protocols] });
      expect(await client.closed).toBe(1000);
      expect(client.messages.map((message) => message.isBinary)).toEqual([isBinary, isBinary]);
      const decoded = client.messages.map(({ data }) =>
        isBinary ? data : Buffer.from(data.toString("latin1"), "base64"),
      );
      expect(Buffer.concat(decoded)).toEqual(Buffer.concat([bytes, Buffer.from("two\n")]));
    }
    const unknown = SocketClient.open(server, LOG, { protocols: ["v9.unheard.of"] });
    expect((await refusalOf(unknown)).answer).toMatchObject({ status: 400, json: { kind: "Status" } });
    await server.stop();
  });

  plain("rule 95: what is followed comes as it is written, until the client has enough", async () => {
    let signal: AbortSignal | undefined;
    const server = await serverWith(async function* (_target, _query, ending) {
      signal = ending;
      yield Buffer.from("one\n");
      await delay(60_000, undefined, { signal: ending }).catch(() => undefined);
    });
    const client = await SocketClient.open(server, LOG);
    await expect.poll(() => client.texts).toEqual(["one\n"]);
    client.socket.close();
    await expect.poll(() => signal?.aborted).toBe(true);
    await server.stop();
  });

  plain("one that cannot be read to its end does not look complete", async () => {
    const server = await serverWith(async function* () {
      yield Buffer.from("begin\n");
      await delay(200);
      throw badRequest("gone");
    });
    expect(await (await SocketClient.open(server, LOG)).closed).toBe(1011);
    await server.stop();
  });
});
