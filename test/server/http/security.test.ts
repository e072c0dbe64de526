import { readFileSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { describe, expect } from "vitest";
import { CONFIG_MAPS, configMap, test, TestServer } from "./harness.ts";

/** Sends text as it is over the unix socket, and gives back all that comes until the server closes. */
function sendRaw(server: TestServer, text: string | Buffer, keepSending?: (socket: Socket) => void) {
  return new Promise<string>((resolve, reject) => {
    const socket = connect(server.socketPath);
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("utf8")));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "ECONNRESET" ? undefined : reject(error),
    );
    socket.write(text);
    keepSending?.(socket);
  });
}

const raw = (lines: string[], body = "") => `${[...lines, "Connection: close"].join("\r\n")}\r\n\r\n${body}`;

describe("Host", () => {
  test.for([
    "evil.example",
    "localhost6",
    "localhost.evil.example",
    "127.0.0.1",
    "LOCALHOST:1",
    "localhost.",
  ])("a request for %j is refused, whatever its token", async (host, { server }) => {
    const answer = await server.ask("/api", { headers: { host } });
    expect(answer).toMatchObject({ status: 403, json: { kind: "Status", reason: "Forbidden" } });
  });

  test("over TLS only the exact names and port are taken", async ({ server }) => {
    const { port } = server.http.address;
    const statusFor = async (host: string) =>
      (await server.ask("/api", { tls: true, headers: { host } })).status;
    for (const name of ["localhost", "127.0.0.1", "[::1]"]) {
      expect(await statusFor(`${name}:${port}`)).toBe(200);
      expect(await statusFor(`${name}:${port! + 1}`)).toBe(403);
    }
    expect(await statusFor("localhost")).toBe(403);
  });

  test("two Host headers, or none, are refused", async ({ server }) => {
    const authorization = `Authorization: Bearer ${server.token}`;
    const two = await sendRaw(
      server,
      raw(["GET /api HTTP/1.1", "Host: localhost", "Host: evil", authorization]),
    );
    expect(two).toMatch(/^HTTP\/1.1 40[03]/);
    expect(await sendRaw(server, raw(["GET /api HTTP/1.1", authorization]))).toMatch(/^HTTP\/1.1 400/);
  });

  test("forwarding headers do not make another host of it", async ({ server }) => {
    const headers = { host: "evil", "x-forwarded-host": "localhost", forwarded: "host=localhost" };
    expect(await server.ask("/api", { headers })).toMatchObject({ status: 403 });
  });

  test("an absolute request target is refused", async ({ server }) => {
    const lines = [
      "GET http://localhost/api HTTP/1.1",
      "Host: localhost",
      `Authorization: Bearer ${server.token}`,
    ];
    expect(await sendRaw(server, raw(lines))).toMatch(/^HTTP\/1.1 400/);
  });
});

describe("Origin", () => {
  test.for(["null", "https://evil.example", "http://localhost:3000", "https://sub.localhost"])(
    "a page of %j is refused, even for health checks",
    async (origin, { server }) => {
      for (const path of ["/api", "/healthz"]) {
        const answer = await server.ask(path, { headers: { origin } });
        expect(answer.status).toBe(403);
        expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
      }
    },
  );

  test("what a browser sends for another site is refused", async ({ server }) => {
    const statusFor = async (site: string) =>
      (await server.ask("/api", { headers: { "sec-fetch-site": site } })).status;
    expect(await statusFor("cross-site")).toBe(403);
    expect(await statusFor("same-site")).toBe(403);
    expect(await statusFor("none")).toBe(200);
  });

  test("a page of the server itself is taken", async ({ server }) => {
    const origin = `https://localhost:${server.http.address.port}`;
    expect(await server.ask("/api", { tls: true, headers: { origin } })).toMatchObject({ status: 200 });
  });
});

describe("token", () => {
  test.for(["", "Bearer", "Bearer wrong", "Basic dTpw", "Bearer  ", "Token x"])(
    "rule 112: %j is 401, with the message that clients know",
    async (authorization, { server }) => {
      const answer = await server.ask("/api", { headers: { authorization } });
      expect(answer).toMatchObject({
        status: 401,
        json: { kind: "Status", message: "Unauthorized", reason: "Unauthorized", code: 401 },
      });
    },
  );

  test("it is not taken from anywhere else", async ({ server }) => {
    const headers = { authorization: "", cookie: `token=${server.token}`, "x-token": server.token };
    expect(await server.ask(`/api?access_token=${server.token}`, { headers })).toMatchObject({ status: 401 });
  });

  test("health checks and the version need none", async ({ server }) => {
    for (const path of ["/healthz", "/livez", "/readyz", "/readyz/ping", "/version"]) {
      expect(await server.ask(path, { headers: { authorization: "" } })).toMatchObject({ status: 200 });
    }
    expect(await server.ask("/healthzz", { headers: { authorization: "" } })).toMatchObject({ status: 401 });
    expect(await server.ask("/version/../api", { headers: { authorization: "" } })).not.toMatchObject({
      status: 200,
    });
  });

  test("a stranger with a large body gets to see the answer, and the connection stays usable", async ({
    server,
  }) => {
    const [head, body] = [`POST ${CONFIG_MAPS} HTTP/1.1\r\nHost: localhost\r\n`, "x".repeat(4_000_000)];
    const next = `GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
    const answer = await sendRaw(server, `${head}Content-Length: ${body.length}\r\n\r\n${body}${next}`);
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 401", "HTTP/1.1 200"]);
  });

  test("the body of a stranger is not read if it is endless", async ({ server }) => {
    const head = `POST ${CONFIG_MAPS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n`;
    expect(await sendRaw(server, head)).toMatch(/^HTTP\/1.1 401[\s\S]*connection: close/i);
  });

  test("the client that asks before it sends is told no before it sends", async ({ server }) => {
    const lines = [
      `POST ${CONFIG_MAPS} HTTP/1.1`,
      "Host: localhost",
      "Expect: 100-continue",
      "Content-Length: 9",
    ];
    const answer = await sendRaw(server, raw(lines));
    expect(answer).toMatch(/^HTTP\/1.1 401/);
    expect(answer).not.toContain("100 Continue");
  });

  test("rule 113: impersonation is refused", async ({ server }) => {
    for (const name of ["Impersonate-User", "Impersonate-Group", "Impersonate-Extra-Scopes"]) {
      expect(await server.ask("/api", { headers: { [name]: "root" } })).toMatchObject({ status: 403 });
    }
  });
});

describe("bodies", () => {
  const post = (server: TestServer, body: unknown, headers: Record<string, string> = {}) =>
    server.ask(CONFIG_MAPS, { method: "POST", body, headers });

  test("rule 34: what is no JSON or YAML is 415, and stores nothing", async ({ server }) => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json;", "a b"]) {
      const answer = await post(server, configMap("a"), { "content-type": type });
      expect([type, answer.status]).toEqual([type, type === "application/json;" ? 201 : 415]);
      expect(answer.json).toMatchObject(answer.status === 415 ? { reason: "UnsupportedMediaType" } : {});
    }
  });

  test("a compressed body is 415", async ({ server }) => {
    expect(await post(server, configMap("a"), { "content-encoding": "gzip" })).toMatchObject({ status: 415 });
  });

  test("rule 23: above 3 MiB is 413, announced or not, and the connection stays usable", async ({
    server,
  }) => {
    const big = JSON.stringify(configMap("a", { x: "y".repeat(3 * 1024 * 1024) }));
    expect(await post(server, big)).toMatchObject({ status: 413, json: { reason: "RequestEntityTooLarge" } });
    const chunked = await post(server, big, { "transfer-encoding": "chunked" });
    expect(chunked).toMatchObject({ status: 413 });
    expect(await post(server, configMap("a"))).toMatchObject({ status: 201 });
  });

  test("rule 21: a chunked body without a length is taken", async ({ server }) => {
    const answer = await post(server, configMap("a"), { "transfer-encoding": "chunked" });
    expect(answer).toMatchObject({ status: 201 });
  });

  test.for([
    ["no JSON", "{"],
    ["invalid UTF-8", Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')])],
    ["__proto__", '{"__proto__":{"polluted":true}}'],
    ["a bomb of levels", "[".repeat(1_000_000)],
    ["a list", "[]"],
    ["null", "null"],
    ["nothing", ""],
  ] as const)("%s is 400 with a Status", async ([, body], { server }) => {
    const answer = await post(server, body);
    expect(answer).toMatchObject({ status: 400, json: { kind: "Status", reason: "BadRequest", code: 400 } });
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("rule 75: a duplicate field is an error, a warning or nothing, as the client asks", async ({
    server,
  }) => {
    const body = (name: string) =>
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}"},"data":{"x":"1"},"data":{"x":"2"}}`;
    const ask = (name: string, validation: string) =>
      server.ask(`${CONFIG_MAPS}?fieldValidation=${validation}`, { method: "POST", body: body(name) });
    expect(await ask("a", "Strict")).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining('duplicate field "data"') as string },
    });
    const warned = await ask("a", "Warn");
    expect(warned.status).toBe(201);
    expect(warned.headers["warning"]).toBe('299 - "duplicate field \\"data\\""');
    expect((await ask("b", "Ignore")).headers["warning"]).toBeUndefined();
    expect(await ask("c", "Maybe")).toMatchObject({ status: 422 });
  });

  test("a body that is sent too slowly ends the connection, and not the server", async () => {
    const server = await TestServer.start({
      limits: { requestTimeoutMs: 300, headersTimeoutMs: 200, connectionsCheckingIntervalMs: 50 },
    });
    const head = `POST ${CONFIG_MAPS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.token}\r\n`;
    const body = await sendRaw(server, `${head}Content-Length: 100\r\n\r\n{`);
    expect(body).toMatch(/^HTTP\/1.1 408[\s\S]*"kind":"Status"/);
    expect(await sendRaw(server, "GET /api HTTP/1.1\r\nHost: loc")).toMatch(/^HTTP\/1.1 408/);
    expect(await server.ask("/readyz")).toMatchObject({ status: 200 });
    await server.stop();
  });
});

describe("requests that make no sense", () => {
  test("an expectation that nobody knows is 417", async ({ server }) => {
    const answer = await sendRaw(server, raw(["GET /api HTTP/1.1", "Host: localhost", "Expect: miracles"]));
    expect(answer).toMatch(/^HTTP\/1.1 417[\s\S]*"kind":"Status"/);
  });

  test.for([
    "GARBAGE\r\n\r\n",
    "GET /api HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"a".repeat(100_000)}\r\n\r\n`,
  ])("%# is answered with a Status and an end", async (text, { server }) => {
    const answer = await sendRaw(server, text);
    expect(answer).toMatch(/^HTTP\/1.1 4\d\d/);
    expect(answer).toContain('"kind":"Status"');
  });

  test.for([
    ["/api/v1/namespaces/default/configmaps/..%2f..%2fetc%2fpasswd", 400],
    ["/api/v1/namespaces/default/configmaps/%zz", 400],
    ["/api/v1/namespaces/default/configmaps/%", 400],
    ["/api/v1/namespaces/..%2f/configmaps", 400],
    [`/api/v1/namespaces/default/configmaps/${"a".repeat(253)}`, 404],
    [`/api/v1/namespaces/default/configmaps/${"a".repeat(5000)}`, 400],
    ["/api/v1/namespaces/default/configmaps/__proto__", 404],
    ["/api/v1/namespaces/default/__proto__", 404],
    ["/apis/__proto__/constructor/toString", 404],
    ["/constructor", 404],
    ["/%zz", 400],
    ["/nope", 404],
    ["/api/v1/nope", 404],
    ["/api/v1/namespaces/default/namespaces", 404],
    ["/api/v1/configmaps?limit=abc", 400],
    ["/api/v1/configmaps?timeoutSeconds=abc&watch=1", 400],
    ["/api/v1/configmaps?labelSelector=%zz", 400],
    ["/api/v1/configmaps?labelSelector=a(b", 400],
    ["/api/v1/configmaps?limit=-1&unknown=1", 200],
  ] as const)("%s is %i", async ([path, status], { server }) => {
    const answer = await server.ask(path);
    expect([path, answer.status, answer.json.kind]).toEqual([
      path,
      status,
      status === 200 ? "ConfigMapList" : "Status",
    ]);
  });

  test("rule 26: no method gives 5xx or hangs", async ({ server }) => {
    await server.create("a");
    const methods = ["HEAD", "OPTIONS", "POST", "PUT", "PATCH", "PROPFIND", "TRACE", "SEARCH"];
    const paths = ["/api", CONFIG_MAPS, `${CONFIG_MAPS}/a`, `${CONFIG_MAPS}/a/status`, "/version", "/nope"];
    for (const method of methods) {
      for (const path of paths) {
        const { status } = await server.ask(path, { method });
        expect([method, path, status < 500]).toEqual([method, path, true]);
      }
    }
    expect(await server.ask(CONFIG_MAPS, { method: "OPTIONS" })).toMatchObject({ status: 405 });
    expect(await server.ask(CONFIG_MAPS, { method: "HEAD" })).toMatchObject({ status: 405, text: "" });
    expect(await server.ask(`${CONFIG_MAPS}/a`, { method: "POST" })).toMatchObject({ status: 405 });
  });

  test("control characters of a client do not come back in messages", async ({ server }) => {
    const answer = await server.ask(`${CONFIG_MAPS}?labelSelector=${encodeURIComponent("\u001b[31m(")}`);
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain("\u001b");
    expect(JSON.parse(answer.text).message).not.toContain("\u001b");
  });
});

describe("limits", () => {
  test("what is too much at once is 429 with Retry-After, and health is still told", async () => {
    const server = await TestServer.start({ limits: { maxInFlight: 1 } });
    const head = `POST ${CONFIG_MAPS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.token}\r\n`;
    const slow = connect(server.socketPath);
    slow.write(`${head}Content-Length: 2\r\n\r\n{`);
    await expect
      .poll(() => server.ask("/api"))
      .toMatchObject({ status: 429, headers: { "retry-after": "1" }, json: { reason: "TooManyRequests" } });
    expect(await server.ask("/readyz")).toMatchObject({ status: 200 });
    slow.destroy();
    await expect.poll(async () => (await server.ask("/api")).status).toBe(200);
    await server.stop();
  });

  test("watches are counted by themselves", async () => {
    const server = await TestServer.start({ limits: { maxInFlight: 1, maxWatches: 2 } });
    const open = () => server.watch(`${CONFIG_MAPS}?watch=1`);
    const watches = [await open(), await open()];
    expect(await server.ask(`${CONFIG_MAPS}?watch=1`)).toMatchObject({ status: 429 });
    expect(await server.ask(CONFIG_MAPS)).toMatchObject({ status: 200 });
    for (const watch of watches) watch.stop();
    await expect
      .poll(async () => (await server.ask(`${CONFIG_MAPS}?watch=1&timeoutSeconds=1`)).status)
      .toBe(200);
    await server.stop();
  });
});

test("clients that vanish in the middle of anything leave nothing behind", async () => {
  const server = await TestServer.start({ limits: { maxInFlight: 25, maxWatches: 25 } });
  for (let index = 0; index < 20; index++) await server.create(`n${index}`, { x: "y".repeat(20_000) });
  const head = `HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.token}\r\n`;
  const openings = [
    `GET ${CONFIG_MAPS}?watch=1 ${head}\r\n`,
    `GET ${CONFIG_MAPS} ${head}\r\n`,
    `POST ${CONFIG_MAPS} ${head}Content-Length: 100\r\n\r\n{`,
    `GET ${CONFIG_MAPS} ${head}Accept-Encoding: gzip\r\n\r\n`,
  ];
  for (let round = 0; round < 10; round++) {
    const sockets = Array.from({ length: 20 }, (_, index) => {
      const socket = connect(server.socketPath);
      socket.on("error", () => undefined);
      socket.write(openings[(round + index) % openings.length]!);
      return socket;
    });
    await server.create(`round${round}`);
    for (const socket of sockets) socket.destroy();
    await expect.poll(async () => (await server.ask("/api")).status).toBe(200);
  }
  const watches = await Promise.all(Array.from({ length: 25 }, () => server.watch(`${CONFIG_MAPS}?watch=1`)));
  expect(watches.map(({ response }) => response.statusCode)).toEqual(watches.map(() => 200));
  for (const watch of watches) watch.stop();
  await server.stop();
});

test("secrets of the state directory are for its owner only", ({ server }) => {
  const modeOf = (name: string) => statSync(`${server.directory}/${name}`).mode & 0o777;
  expect(["token", "tls.pem", "api.sock"].map(modeOf)).toEqual([0o600, 0o600, 0o600]);
  expect(statSync(server.directory).mode & 0o777).toBe(0o700);
  expect(readFileSync(`${server.directory}/token`, "utf8").trim()).toBe(server.token);
});
