import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import { afterEach, describe, expect, test } from "vitest";
import type { WatchEvent } from "../../apis/transport.ts";
import { Client, ConnectionError, HttpTransport } from "../../client/index.ts";
import { Thing } from "./thing.ts";

type Handler = (request: http.IncomingMessage, response: http.ServerResponse, body: string) => void;

const closers: (() => void | Promise<void>)[] = [];

async function serve(handler: Handler, socketPath?: string): Promise<HttpTransport> {
  const server = http.createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => handler(request, response, body));
  });
  if (socketPath) server.listen(socketPath);
  else server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const transport = new HttpTransport(
    socketPath ? { socketPath } : { server: `http://127.0.0.1:${port}`, token: "secret" },
  );
  closers.push(() => {
    transport.close();
    server.closeAllConnections();
    server.close();
  });
  return transport;
}

const thing = (name: string, data = "") => ({
  apiVersion: "v1",
  kind: "Thing",
  metadata: { name, namespace: "default", resourceVersion: "5", uid: "u" },
  data,
});

async function eventsOf(events: AsyncIterable<WatchEvent>): Promise<WatchEvent[]> {
  const all: WatchEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const things = { group: "", version: "v1", plural: "things" };

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

describe("over HTTP", () => {
  test("each verb is the request that Kubernetes has for it", async () => {
    const seen: string[] = [];
    const transport = await serve((request, response, body) => {
      const { method, url, headers } = request;
      seen.push(
        [method, url, headers.authorization, headers["content-type"], body].filter(Boolean).join(" "),
      );
      response.end(JSON.stringify({ ...thing("a"), items: [] }));
    });
    const client = new Client(transport, { namespace: "ns", fieldManager: "me" });
    await client.get(Thing, "a");
    await client.list(Thing, { labelSelector: "a in (b,c)", limit: 2 });
    await client.list(Thing, { allNamespaces: true });
    await client.createObject(Thing, { metadata: { name: "a" } });
    await client.patch(Thing, "a", { data: null }, { dryRun: true });
    await client.apply(Thing, { metadata: { name: "a" } }, { force: true });
    await client.apply(Thing, { metadata: { name: "a" } }, { subresource: "status" });
    await client.delete(Thing, "a", { propagationPolicy: "Orphan" });
    expect(seen).toEqual([
      "GET /api/v1/namespaces/ns/things/a Bearer secret",
      "GET /api/v1/namespaces/ns/things?labelSelector=a+in+%28b%2Cc%29&limit=2 Bearer secret",
      "GET /api/v1/things Bearer secret",
      'POST /api/v1/namespaces/ns/things?fieldManager=me Bearer secret application/json {"apiVersion":"v1","kind":"Thing","metadata":{"name":"a","namespace":"ns"}}',
      'PATCH /api/v1/namespaces/ns/things/a?dryRun=All&fieldManager=me Bearer secret application/merge-patch+json {"data":null}',
      'PATCH /api/v1/namespaces/ns/things/a?fieldManager=me&force=true Bearer secret application/apply-patch+yaml {"apiVersion":"v1","kind":"Thing","metadata":{"name":"a","namespace":"ns"}}',
      'PATCH /api/v1/namespaces/ns/things/a/status?fieldManager=me Bearer secret application/apply-patch+yaml {"apiVersion":"v1","kind":"Thing","metadata":{"name":"a","namespace":"ns"}}',
      'DELETE /api/v1/namespaces/ns/things/a Bearer secret application/json {"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Orphan"}',
    ]);
  });

  test("a Status is the error that was thrown on the other side", async () => {
    const details = { name: "a", kind: "things", causes: [{ field: "spec.x", message: "bad" }] };
    const transport = await serve((_, response) => {
      response.writeHead(409, { "retry-after": "3" });
      response.end(
        JSON.stringify({ kind: "Status", message: "taken", reason: "AlreadyExists", code: 409, details }),
      );
    });
    await expect(transport.get({ ...things, namespace: "", name: "a" })).rejects.toMatchObject({
      code: 409,
      reason: "AlreadyExists",
      message: "taken",
      details: { ...details, retryAfterSeconds: 3 },
    });
  });

  test("an error that is no Status is known by its code", async () => {
    const transport = await serve((_, response) => response.writeHead(404).end("404 page not found\n"));
    await expect(transport.request("GET", "/nothing")).rejects.toMatchObject({
      reason: "NotFound",
      message: "404 page not found",
    });
  });

  test("an absent object is undefined", async () => {
    const transport = await serve((_, response) => response.writeHead(404).end("{}"));
    expect(await new Client(transport).get(Thing, "a")).toBeUndefined();
  });

  test("a deletion says whether the object is held", async () => {
    let answer: object = { kind: "Status", status: "Success", details: { uid: "u" } };
    const transport = await serve((_, response) => response.end(JSON.stringify(answer)));
    const client = new Client(transport);
    expect(await client.delete(Thing, "a")).toBeUndefined();
    answer = { ...thing("a"), metadata: { name: "a", finalizers: ["x"] } };
    expect(await client.delete(Thing, "a")).toEqual(answer);
  });

  test("a watch is cut into events wherever the network cuts it, and whatever their size", async () => {
    const big = "ü€🐢".repeat(400_000);
    const events = [
      { type: "ADDED", object: thing("ü€🐢", "ü€🐢") },
      { type: "MODIFIED", object: thing("a", big) },
      { type: "BOOKMARK", object: { kind: "Thing", apiVersion: "v1", metadata: { resourceVersion: "7" } } },
    ];
    const bytes = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
    const transport = await serve((_, response) => {
      for (let at = 0; at < 300; at++) response.write(bytes.subarray(at, at + 1));
      for (let at = 300; at < bytes.length; at += 65_537) response.write(bytes.subarray(at, at + 65_537));
      response.end();
    });
    expect(await eventsOf(transport.watch(things))).toEqual(events);
  });

  test("an error inside a watch is thrown", async () => {
    const status = { kind: "Status", code: 410, reason: "Expired", message: "too old" };
    const transport = await serve((_, response) =>
      response.end(`${JSON.stringify({ type: "ERROR", object: status })}\n`),
    );
    await expect(eventsOf(transport.watch(things))).rejects.toMatchObject({ reason: "Expired" });
  });

  test("a watch that breaks off inside an event is a broken connection, and the event is not told", async () => {
    const told: string[] = [];
    const transport = await serve((_, response) => {
      const line = JSON.stringify({ type: "ADDED", object: thing("a") });
      response.write(`${line}\n${line.slice(0, 20)}`, () => response.destroy());
    });
    const read = async () => {
      for await (const { object } of transport.watch(things)) told.push(object.metadata.name);
    };
    await expect(read()).rejects.toBeInstanceOf(ConnectionError);
    expect(told).toEqual(["a"]);
  });

  test("an aborted watch ends quietly and frees its connection", async () => {
    let isClosed = false;
    const transport = await serve((request, response) => {
      response.flushHeaders();
      request.socket.on("close", () => (isClosed = true));
    });
    const abort = new AbortController();
    const read = eventsOf(transport.watch(things, { signal: abort.signal }));
    setImmediate(() => abort.abort());
    expect(await read).toEqual([]);
    await expect.poll(() => isClosed).toBe(true);
  });

  test("a log comes line by line, the last one even without an end", async () => {
    const transport = await serve((request, response) => response.end(`${request.url}\ntwo\nthree`));
    const lines: string[] = [];
    const query = { follow: "true", tailLines: "2" };
    for await (const line of new Client(transport).log(Thing, "a", query))
      lines.push(Buffer.from(line).toString());
    expect(lines).toEqual([
      "/api/v1/namespaces/default/things/a/log?follow=true&tailLines=2\n",
      "two\n",
      "three",
    ]);
  });

  test("only the authority that was named is trusted", async () => {
    const name = [{ name: "commonName", value: "127.0.0.1" }];
    const altNames = [{ type: 7 as const, ip: "127.0.0.1" }];
    const options = { extensions: [{ name: "subjectAltName" as const, altNames }] };
    const [ours, theirs] = [await generate(name, options), await generate(name, options)];
    const server = https.createServer({ key: ours.private, cert: ours.cert }, (_, response) =>
      response.end("{}"),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    closers.push(
      () => server.closeAllConnections(),
      () => void server.close(),
    );
    const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const trusting = new HttpTransport({ server: address, ca: ours.cert });
    expect((await trusting.request("GET", "/version")).code).toBe(200);
    const wary = new HttpTransport({ server: address, ca: theirs.cert });
    const error = await wary.request("GET", "/version").catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ isNotListening: false });
    trusting.close();
    wary.close();
  });

  test("a unix socket serves as well", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tiltish-"));
    closers.push(() => rm(folder, { recursive: true }));
    const transport = await serve((_, response) => response.end('{"ok":true}'), join(folder, "s"));
    expect((await transport.request("GET", "/version")).body.toString()).toBe('{"ok":true}');
  });

  test("a server that is not there is told apart from one that refuses", async () => {
    const error = await new HttpTransport({ socketPath: "/nowhere/tiltish.sock" })
      .request("GET", "/version")
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ address: "/nowhere/tiltish.sock", code: "ENOENT", isNotListening: true });
  });

  test("a connection that the server closed while it was idle costs a reader nothing", async () => {
    const sockets = new Set<object>();
    let count = 0;
    const transport = await serve((request, response) => {
      sockets.add(request.socket);
      count++;
      if (count === 2) request.socket.destroy();
      else response.end("{}");
    });
    await transport.request("GET", "/a");
    await transport.request("GET", "/b");
    expect(count).toBe(3);
    expect(sockets.size).toBe(2);
  });
});
