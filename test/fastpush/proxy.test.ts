import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Socket } from "node:net";
import { expect } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { test } from "./fixture.ts";

test("a request goes to the app as it came, and tells whom it comes from", async ({ container }) => {
  await (await container.start()).ready();
  const answer = await container.ask("POST", "/a%20b//c?d=e&f", {
    headers: {
      host: "web.example.com",
      "x-forwarded-for": "10.1.2.3",
      "x-forwarded-proto": "https",
      "x-own": "1",
    },
    body: "hello",
  });
  const seen = JSON.parse(answer.body) as { headers: Record<string, string> };
  expect(seen).toMatchObject({ method: "POST", url: "/a%20b//c?d=e&f", body: "hello" });
  expect(seen.headers).toMatchObject({
    host: "web.example.com",
    "x-forwarded-for": "10.1.2.3, 127.0.0.1",
    "x-forwarded-proto": "https",
    "x-own": "1",
  });
});

test("while the app is down the answer is 502 and empty, also to an upgrade", async ({ container }) => {
  await container.start({ backend_command: "sleep 1000" });
  expect(await container.ask("GET", "/")).toMatchObject({ status: 502, body: "" });
  const upgrade = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  expect(await container.raw(upgrade)).toMatch(/^HTTP\/1\.1 502 /);
});

test("WebSockets go through, in both directions", async ({ container }) => {
  // The app is a server of this test: it has the port that the app would have.
  await container.start({ backend_command: "sleep 1000" });
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: 1000,
    handleProtocols: () => "chat",
  });
  const app = createHttpServer().listen(container.backendPort, "127.0.0.1");
  app.on("upgrade", (request, socket: Socket, head: Buffer) =>
    sockets.handleUpgrade(request, socket, head, (client) =>
      client.on("message", (data) => {
        if (data.toString() === "bye") client.close(4000);
        else client.send(`echo ${data.toString()}`);
      }),
    ),
  );
  await once(app, "listening");
  const socket = new WebSocket(`ws://127.0.0.1:${container.port}/chat`, ["chat"]);
  await once(socket, "open");
  socket.send("hello");
  const [data] = (await once(socket, "message")) as [Buffer];
  expect(data.toString()).toBe("echo hello");
  const closed = once(socket, "close");
  socket.send("bye");
  expect(((await closed) as [number])[0]).toBe(4000);
  app.close();
});

test("what asks for another protocol is answered in this one", async ({ container }) => {
  await (await container.start()).ready();
  const upgrade =
    "GET /x HTTP/1.1\r\nHost: web\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
  const answer = await container.raw(upgrade);
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(answer).toContain('"url":"/x"');
});

test("an endpoint is one whether somebody asks to upgrade or not", async ({ container }) => {
  await container.start();
  const upgrade =
    "GET /_fastpush/files HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  expect(await container.raw(upgrade)).toMatch(/^HTTP\/1\.1 401 /);
});

test("an app that ends in the middle of an answer ends that of its client, and nothing else", async ({
  container,
}) => {
  await container.start({ backend_command: "sleep 1000" });
  const app = createServer().listen(container.backendPort, "127.0.0.1");
  await once(app, "listening");
  const asked = container.ask("GET", "/slow").catch((error: unknown) => error);
  const [connection] = (await once(app, "connection")) as [Socket];
  connection.on("error", () => undefined);
  connection.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  expect(await asked).toBeInstanceOf(Error);
  expect((await container.ask("GET", "/_fastpush/status")).status).toBe(200);
  app.close();
});
