import { connect } from "node:net";
import { expect } from "vitest";
import { CONFIG_MAPS, configMap, test, TestServer } from "./harness.ts";

const TABLE = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };

test.for([
  { dryRun: "All" },
  { dryRun: [5] },
  { preconditions: 5 },
  { preconditions: { uid: 5 } },
  { preconditions: { resourceVersion: 1 } },
  { orphanDependents: "yes" },
])("a delete that says %j deletes nothing", async (body, { server }) => {
  await server.create("a");
  const answer = await server.ask(`${CONFIG_MAPS}/a`, { method: "DELETE", body });
  expect(answer).toMatchObject({ status: 400, json: { reason: "BadRequest" } });
  expect(await server.ask(`${CONFIG_MAPS}/a`)).toMatchObject({ status: 200 });
});

test("a dry run is one whether the query or the body says so", async ({ server }) => {
  await server.create("a");
  const body = { kind: "DeleteOptions", apiVersion: "v1", dryRun: [] };
  expect(await server.ask(`${CONFIG_MAPS}/a?dryRun=All`, { method: "DELETE", body })).toMatchObject({
    status: 200,
  });
  expect(await server.ask(`${CONFIG_MAPS}/a`)).toMatchObject({ status: 200 });
});

test("a write whose answer could not be shown is not made", async ({ server }) => {
  const path = `${CONFIG_MAPS}?includeObject=Some`;
  const answer = await server.ask(path, { method: "POST", body: configMap("a"), headers: TABLE });
  expect(answer).toMatchObject({ status: 400 });
  expect(await server.ask(`${CONFIG_MAPS}/a`)).toMatchObject({ status: 404 });
});

test("warnings are no more than a client takes", async ({ server }) => {
  const fields = Array.from({ length: 100 }, (_, i) => [`${"f".repeat(500)}${i}`, 1]);
  const body = { ...configMap("a"), ...Object.fromEntries(fields) };
  const answer = await server.ask(CONFIG_MAPS, { method: "POST", body });
  expect(answer).toMatchObject({ status: 201, headers: { warning: expect.stringMatching(/^299 - /) } });
});

test("a mistake in YAML is told without the body around it", async ({ server }) => {
  const body = `a: [}${" x".repeat(100_000)}`;
  const headers = { "content-type": "application/yaml" };
  const answer = await server.ask(CONFIG_MAPS, { method: "POST", body, headers });
  expect(answer).toMatchObject({ status: 400, json: { message: expect.stringMatching(/\(1:5\)$/) } });
});

test("a token of another store, with more in it, is refused", async ({ server }) => {
  const token = Buffer.from(JSON.stringify([1, 1_000_000, "", ""])).toString("base64url");
  expect(await server.ask(`${CONFIG_MAPS}?continue=${token}`)).toMatchObject({ status: 400 });
});

test.for(["true", "True", "1", "yes", ""])("watch=%s is a watch", async (value, { server }) => {
  const answer = await server.ask(`${CONFIG_MAPS}?watch=${value}&timeoutSeconds=1&resourceVersion=1`);
  expect(answer).toMatchObject({ status: 200, text: "" });
});

test("an answer that nobody reads does not hold its place for ever", async () => {
  const server = await TestServer.start({ limits: { maxInFlight: 1, answerTimeoutMs: 2_000 } });
  for (let i = 0; i < 20; i++) await server.create(`n${i}`, { x: "y".repeat(1_000_000) });
  const lazy = connect(server.socketPath);
  lazy.pause();
  lazy.write(
    `GET ${CONFIG_MAPS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.token}\r\n\r\n`,
  );
  await expect.poll(async () => (await server.ask("/api")).status).toBe(429);
  await expect.poll(async () => (await server.ask("/api")).status, { timeout: 5_000 }).toBe(200);
  lazy.destroy();
  await server.stop();
});

/** Sends text over the unix socket, and gives all that comes back. */
async function sendRaw(server: TestServer, text: string): Promise<string> {
  const socket = connect(server.socketPath);
  socket.end(text);
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

test.for([
  ["no Host", "GET /api HTTP/1.1\r\nConnection: close\r\n\r\n"],
  ["no HTTP", "GARBAGE\r\n\r\n"],
  ["a tunnel", "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: localhost\r\n\r\n"],
] as const)("rules 22, 29: %s is 400 with a Status and an Audit-Id", async ([, text], { server }) => {
  const answer = await sendRaw(server, text);
  expect(answer).toMatch(/^HTTP\/1.1 400 /);
  expect(answer).toMatch(/\r\naudit-id: [\w-]{36}\r\n/i);
  expect(answer).toMatch(/\r\n\r\n\{"kind":"Status".*"code":400\}$/);
});
