import { once } from "node:events";
import type { ClientHttp2Stream } from "node:http2";
import { connect } from "node:tls";
import { setTimeout as delay } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { describe, expect, test as plain } from "vitest";
import { badRequest } from "../../../apis/errors.ts";
import { CONFIG_MAPS, configMap, localProcess, PROCESSES, test as base, TestServer } from "./harness.ts";
import { answerOf, Http2Client } from "./http2client.ts";

const WATCH = `${CONFIG_MAPS}?watch=1`;
const MERGE = { "content-type": "application/merge-patch+json" };

const test = base.extend<{ client: Http2Client }>({
  client: async ({ server }, use) => {
    const client = await Http2Client.open(server);
    await use(client);
    client.close();
  },
});

/** Whatever it was that ended it. */
const endOf = (stream: ClientHttp2Stream): Promise<void> =>
  new Promise((resolve) => stream.once("close", resolve));

/** What client and server agree on. */
async function protocolFor(server: TestServer, offered?: string[]): Promise<string | false | null> {
  const { port } = server.http.address;
  const socket = connect({ host: "127.0.0.1", port, ca: server.cert, ALPNProtocols: offered });
  await once(socket, "secureConnect");
  socket.destroy();
  return socket.alpnProtocol;
}

test("rule 20: who offers HTTP/2 gets it, who does not gets HTTP/1.1", async ({ server }) => {
  expect(await protocolFor(server, ["h2", "http/1.1"])).toBe("h2");
  expect(await protocolFor(server, ["http/1.1"])).toBe("http/1.1");
  expect(await protocolFor(server)).toBe(false);
  expect(await server.ask("/api", { tls: true })).toMatchObject({ status: 200 });
});

describe("requests", () => {
  test("rule 20: one connection carries everything, and survives errors", async ({ client }) => {
    const created = await client.ask(CONFIG_MAPS, { method: "POST", body: configMap("a", { x: "1" }) });
    expect(created).toMatchObject({ status: 201, json: { metadata: { name: "a" } } });
    expect(await client.ask(CONFIG_MAPS, { method: "POST", body: configMap("a") })).toMatchObject({
      status: 409,
      json: { kind: "Status", reason: "AlreadyExists" },
    });
    expect((await client.ask(`${CONFIG_MAPS}/a`)).json).toEqual(created.json);
    const patched = await client.ask(`${CONFIG_MAPS}/a`, {
      method: "PATCH",
      body: { data: { y: "2" } },
      headers: MERGE,
    });
    expect(patched).toMatchObject({ status: 200, json: { data: { x: "1", y: "2" } } });
    const replaced = { ...patched.json, data: { z: "3" } };
    expect(await client.ask(`${CONFIG_MAPS}/a`, { method: "PUT", body: replaced })).toMatchObject({
      status: 200,
      json: { data: { z: "3" } },
    });
    expect((await client.ask(CONFIG_MAPS)).json.items).toHaveLength(1);
    expect(await client.ask(`${CONFIG_MAPS}/a`, { method: "DELETE" })).toMatchObject({ status: 200 });
    expect(await client.ask(`${CONFIG_MAPS}/a`)).toMatchObject({ status: 404 });
    expect(client.session.closed).toBe(false);
  });

  test("many at once are answered each by its own", async ({ client }) => {
    const names = Array.from({ length: 100 }, (_, index) => `n${index}`);
    const created = await Promise.all(
      names.map((name) => client.ask(CONFIG_MAPS, { method: "POST", body: configMap(name) })),
    );
    expect(created.map(({ json }) => json.metadata.name)).toEqual(names);
  });

  test("rule 22: answers carry an Audit-Id, and nothing that is about a connection", async ({ client }) => {
    const asked = { headers: { "audit-id": "mine" } };
    for (const path of ["/api", "/nope", CONFIG_MAPS, WATCH]) {
      const { stream, headers } = await client.open(path, asked);
      expect(headers).toMatchObject({ "audit-id": "mine", "cache-control": "no-cache, private" });
      for (const name of ["connection", "keep-alive", "transfer-encoding", "upgrade"]) {
        expect(headers).not.toHaveProperty(name);
      }
      stream.close();
    }
  });

  test("rule 26: HEAD has no body, for custom kinds 200 and for built-ins 405", async ({ client }) => {
    expect(await client.ask(PROCESSES, { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
    expect(await client.ask(CONFIG_MAPS, { method: "HEAD" })).toMatchObject({ status: 405, text: "" });
  });

  test("rule 24: a list over 128 KiB is compressed if the client takes it", async ({ client, server }) => {
    for (let index = 0; index < 4; index++) await server.create(`n${index}`, { x: "y".repeat(50_000) });
    const { stream, headers } = await client.open(CONFIG_MAPS, { headers: { "accept-encoding": "gzip" } });
    expect(headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    expect(JSON.parse(gunzipSync(Buffer.concat(chunks)).toString()).items).toHaveLength(4);
    const plainly = await client.ask(CONFIG_MAPS);
    expect(plainly.headers["content-encoding"]).toBeUndefined();
    expect(plainly.json.items).toHaveLength(4);
  });

  test("rules 23, 34: what is too large or of an unknown type is refused, and the connection stays", async ({
    client,
  }) => {
    const big = JSON.stringify(configMap("a", { x: "y".repeat(3 * 1024 * 1024) }));
    for (const headers of [undefined, { "content-length": String(Buffer.byteLength(big)) }]) {
      expect(await client.ask(CONFIG_MAPS, { method: "POST", body: big, headers })).toMatchObject({
        status: 413,
        json: { reason: "RequestEntityTooLarge" },
      });
    }
    const text = { "content-type": "text/plain" };
    expect(await client.ask(CONFIG_MAPS, { method: "POST", body: "x", headers: text })).toMatchObject({
      status: 415,
    });
    expect(await client.ask(CONFIG_MAPS, { method: "POST", body: configMap("a") })).toMatchObject({
      status: 201,
    });
  });

  test("who asks before sending is told to go on, or no", async ({ client, server }) => {
    const expecting = { method: "POST", headers: { expect: "100-continue" } };
    const body = JSON.stringify(configMap("a"));
    const welcome = client.begin(CONFIG_MAPS, expecting);
    await once(welcome, "continue");
    const answered = once(welcome, "response");
    welcome.end(body);
    const [headers] = (await answered) as [{ ":status": number }];
    expect(headers[":status"]).toBe(201);

    const stranger = client.begin(CONFIG_MAPS, {
      ...expecting,
      headers: { ...expecting.headers, authorization: "Bearer wrong" },
    });
    const told: string[] = [];
    stranger.once("continue", () => told.push("continue"));
    const [refusal] = (await once(stranger, "response")) as [{ ":status": number }];
    expect(refusal[":status"]).toBe(401);
    expect(told).toEqual([]);
    const odd = await client.ask("/api", { headers: { expect: "miracles" } });
    expect(odd).toMatchObject({ status: 417, json: { kind: "Status" } });
    expect((await server.ask(CONFIG_MAPS)).json.items).toHaveLength(1);
  });
});

describe("strangers", () => {
  test.for([
    [{ ":authority": "evil.example" }, 403],
    [{ ":authority": "localhost" }, 403],
    [{ host: "evil.example" }, 403],
    [{ origin: "https://evil.example" }, 403],
    [{ "sec-fetch-site": "cross-site" }, 403],
    [{ "impersonate-user": "root" }, 403],
    [{ authorization: "Bearer wrong" }, 401],
    [{ authorization: "" }, 401],
    [{ upgrade: "websocket" }, undefined],
  ] as const)("rule 114: %j is refused", async ([headers, status], { client }) => {
    const asked = client.ask("/api", { headers: { ...headers } });
    if (status === undefined) return expect(asked).rejects.toThrow();
    expect(await asked).toMatchObject({ status, json: { kind: "Status", code: status } });
  });

  test("a Host header that says the same is taken", async ({ client, server }) => {
    const host = `127.0.0.1:${server.http.address.port}`;
    expect(await client.ask("/api", { headers: { host } })).toMatchObject({ status: 200 });
  });

  test("the body of a stranger is not read", async ({ client }) => {
    const stream = client.begin(CONFIG_MAPS, { method: "POST", headers: { authorization: "" } });
    const [headers] = (await once(stream, "response")) as [{ ":status": number }];
    expect(headers[":status"]).toBe(401);
    stream.resume();
    await endOf(stream); // the server has no use for the rest
    expect(await client.ask("/api")).toMatchObject({ status: 200 });
  });

  test("there are no tunnels", async ({ client }) => {
    const stream = client.session.request({ ":method": "CONNECT", ":authority": "127.0.0.1:22" });
    stream.on("error", () => undefined);
    const [headers] = (await once(stream, "response")) as [{ ":status": number }];
    expect(headers[":status"]).toBe(400);
  });
});

describe("watches", () => {
  test("rule 84: headers come at once, and each line is one document", async ({ client, server }) => {
    const { stream, headers } = await client.open(WATCH);
    expect(headers).toMatchObject({ ":status": 200, "content-type": "application/json" });
    stream.close();
    const watch = await client.watch(WATCH);
    await server.create("a", { text: "one\ntwo" });
    expect(await watch.first(1)).toMatchObject([{ type: "ADDED", object: { metadata: { name: "a" } } }]);
  });

  test("rule 20: hundreds of them share a connection with writes", async ({ client }) => {
    const watches = await Promise.all(Array.from({ length: 200 }, () => client.watch(WATCH)));
    for (const name of ["a", "b", "c"]) {
      await client.ask(CONFIG_MAPS, { method: "POST", body: configMap(name) });
    }
    for (const watch of watches) {
      await watch.first(3);
      expect(watch.names()).toEqual(["ADDED a", "ADDED b", "ADDED c"]);
    }
  });

  test("rule 90: timeoutSeconds ends it cleanly", async ({ client }) => {
    const { stream } = await client.open(`${WATCH}&timeoutSeconds=1`);
    const { text } = await answerOf({ stream, headers: {} });
    expect(text).toBe("");
    expect(stream.rstCode).toBe(0);
  });

  plain("rule 90: the end of the server ends it cleanly, and the connection with it", async () => {
    const server = await TestServer.start();
    const client = await Http2Client.open(server);
    const goAways: number[] = [];
    client.session.on("goaway", (code) => goAways.push(code));
    const watch = await client.watch(WATCH);
    await server.create("a");
    await watch.first(1);
    const closed = once(client.session, "close");
    await server.stop();
    await watch.ended;
    await closed;
    expect(watch.response.rstCode).toBe(0);
    expect(goAways[0]).toBe(0);
  });

  plain("rule 96: one that is not read is ended, and the others of its connection are not", async () => {
    const server = await TestServer.start({ limits: { stallMs: 2_000 } });
    const client = await Http2Client.open(server);
    const { stream: idle } = await client.open(WATCH); // nobody reads it
    const watch = await client.watch(WATCH);
    const closed = endOf(idle);
    for (let index = 0; index < 60; index++) await server.create(`n${index}`, { x: "y".repeat(100_000) });
    await watch.first(60);
    expect(watch.names()).toEqual(Array.from({ length: 60 }, (_, index) => `ADDED n${index}`));
    await closed;
    expect(idle.rstCode).not.toBe(0);
    expect(await client.ask(`${CONFIG_MAPS}/n1`)).toMatchObject({ status: 200 });
    client.close();
    await server.stop();
  });

  plain("rule 96: one that pauses for a moment gets everything, in order", async () => {
    const server = await TestServer.start({ limits: { stallMs: 10_000, maxUnsentBytes: 300_000 } });
    const client = await Http2Client.open(server);
    const { stream } = await client.open(WATCH);
    for (let index = 0; index < 60; index++) await server.create(`n${index}`, { x: "y".repeat(100_000) });
    let text = "";
    stream.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    await expect.poll(() => text.split("\n").length - 1).toBe(60);
    const names = text
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { object: { metadata: { name: string } } }).object.metadata.name);
    expect(names).toEqual(Array.from({ length: 60 }, (_, index) => `n${index}`));
    client.close();
    await server.stop();
  });
});

describe("ends", () => {
  plain("a body that is sent too slowly is 408, and the connection stays", async () => {
    const server = await TestServer.start({ limits: { requestTimeoutMs: 300, headersTimeoutMs: 200 } });
    const client = await Http2Client.open(server);
    const stream = client.begin(CONFIG_MAPS, { method: "POST" });
    stream.write("{");
    const [{ ":status": status }] = (await once(stream, "response")) as [{ ":status": number }];
    expect(status).toBe(408);
    expect(await client.ask("/api")).toMatchObject({ status: 200 });
    client.close();
    await server.stop();
  });

  plain("an answer that nobody reads does not hold its place for ever", async () => {
    const server = await TestServer.start({ limits: { maxInFlight: 1, answerTimeoutMs: 2_000 } });
    for (let i = 0; i < 20; i++) await server.create(`n${i}`, { x: "y".repeat(1_000_000) });
    const client = await Http2Client.open(server);
    const { stream } = await client.open(CONFIG_MAPS);
    expect(await server.ask("/api")).toMatchObject({ status: 429 });
    await expect.poll(async () => (await server.ask("/api")).status).toBe(200);
    expect(stream.rstCode).not.toBe(0);
    client.close();
    await server.stop();
  });

  plain("clients that vanish in the middle of anything leave nothing behind", async () => {
    const server = await TestServer.start({ limits: { maxInFlight: 25, maxWatches: 25 } });
    for (let index = 0; index < 20; index++) await server.create(`n${index}`, { x: "y".repeat(20_000) });
    for (let round = 0; round < 10; round++) {
      const client = await Http2Client.open(server);
      for (let index = 0; index < 25; index++) {
        const stream = client.begin(index % 2 ? WATCH : CONFIG_MAPS, { method: index % 3 ? "GET" : "POST" });
        if (index % 3) stream.end();
        if (index % 5 === 0) stream.close();
      }
      await server.create(`round${round}`);
      client.close();
      await expect.poll(async () => (await server.ask("/api")).status).toBe(200);
    }
    const client = await Http2Client.open(server);
    const opened = await Promise.all(Array.from({ length: 25 }, () => client.open(WATCH)));
    expect(opened.map(({ headers }) => headers[":status"])).toEqual(opened.map(() => 200));
    client.close();
    await server.stop();
  });

  plain("a log that cannot be read to its end does not look complete", async () => {
    const server = await TestServer.start({
      async *logSource() {
        yield Buffer.from("begin\n");
        await delay(200);
        throw badRequest("gone");
      },
    });
    await server.ask(PROCESSES, { method: "POST", body: localProcess("web") });
    const client = await Http2Client.open(server);
    const { stream } = await client.open(`${PROCESSES}/web/log`);
    stream.resume();
    await endOf(stream);
    expect(stream.rstCode).not.toBe(0);
    client.close();
    await server.stop();
  });
});
