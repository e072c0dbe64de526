import { connect } from "node:tls";
import { describe, expect, test as plain } from "vitest";
import { CONFIG_MAPS, test, TestServer } from "./harness.ts";

/** Sends text over HTTP/1.1 and TLS, and gives all that comes until the server closes. */
async function sendRaw(server: TestServer, text: string): Promise<string> {
  const { port } = server.http.address;
  const socket = connect({ host: "127.0.0.1", port, ca: server.cert, ALPNProtocols: ["http/1.1"] });
  socket.write(text);
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

const head = (server: TestServer, first: string): string =>
  `${first} HTTP/1.1\r\nHost: 127.0.0.1:${server.http.address.port}\r\nAuthorization: Bearer ${server.token}\r\n`;

describe("HTTP/1.1 beside HTTP/2", () => {
  plain("who is slow is told so, and cut off", async () => {
    const limits = {
      requestTimeoutMs: 300,
      headersTimeoutMs: 200,
      keepAliveTimeoutMs: 100,
      connectionsCheckingIntervalMs: 50,
    };
    const server = await TestServer.start({ limits });
    const body = `${head(server, `POST ${CONFIG_MAPS}`)}Content-Length: 100\r\n\r\n{`;
    expect(await sendRaw(server, body)).toMatch(/^HTTP\/1.1 408[\s\S]*"kind":"Status"/);
    expect(await sendRaw(server, "GET /api HTTP/1.1\r\nHost: loc")).toMatch(/^HTTP\/1.1 408/);
    // Answered, and then nothing more is asked.
    const idle = await sendRaw(server, `${head(server, "GET /api")}\r\n`);
    expect(idle).toMatch(/^HTTP\/1.1 200[\s\S]*\r\nConnection: keep-alive\r\n[\s\S]*APIVersions/i);
    await server.stop();
  });

  test("what is no HTTP, or too much of it, is told so", async ({ server }) => {
    expect(await sendRaw(server, "GARBAGE\r\n\r\n")).toMatch(/^HTTP\/1.1 400[\s\S]*"kind":"Status"/);
    const big = `${head(server, "GET /api")}X: ${"a".repeat(100_000)}\r\n\r\n`;
    expect(await sendRaw(server, big)).toMatch(/^HTTP\/1.1 431[\s\S]*"kind":"Status"/);
  });

  test("rule 20: a connection survives errors", async ({ server }) => {
    const ask = (path: string, more = "") => `${head(server, `GET ${path}`)}${more}\r\n`;
    const answer = await sendRaw(
      server,
      ask("/nope") + ask(CONFIG_MAPS) + ask("/api", "Connection: close\r\n"),
    );
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 404", "HTTP/1.1 200", "HTTP/1.1 200"]);
  });

  const UPGRADE = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    "\r\n",
  ].join("\r\n");

  test("rule 95: who asks for a WebSocket before it has its other answers gets them first", async ({
    server,
  }) => {
    const first = `${head(server, `GET ${CONFIG_MAPS}`)}\r\n`;
    const watch = head(server, `GET ${CONFIG_MAPS}?watch=1&timeoutSeconds=1&resourceVersion=1`) + UPGRADE;
    const answer = await sendRaw(server, first + watch);
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 101"]);
  });

  test("who offers nothing that is spoken here gets no connection", async ({ server }) => {
    const { port } = server.http.address;
    const socket = connect({ host: "127.0.0.1", port, ca: server.cert, ALPNProtocols: ["spdy/3.1"] });
    const error = await new Promise((resolve) => socket.once("error", resolve));
    expect(String(error)).toMatch(/alert|closed|reset/i);
    expect(await server.ask("/readyz", { tls: true })).toMatchObject({ status: 200 });
  });
});
