import { afterAll, beforeAll, expect, test } from "vitest";
import { localProcess, PROCESSES, TestServer } from "./harness.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  await server.ask(PROCESSES, { method: "POST", body: localProcess("web") });
  await server.ask(PROCESSES, {
    method: "POST",
    body: localProcess("off", { argv: ["true"], disabled: true }),
  });
});
afterAll(() => server.stop());

const post = (name: string, body?: unknown, headers = {}) =>
  server.ask(`${PROCESSES}/${name}/trigger`, { method: "POST", body, headers });
const requested = (object: { metadata: { annotations: Record<string, string> } }) =>
  JSON.parse(object.metadata.annotations["tiltish.dev/trigger"]!) as Record<string, string>;

test("TRG-12: a trigger writes the cause of a run where its controller looks for it", async () => {
  const { status, json } = await post("web", { type: "Restart", inputs: { LEVEL: "debug" } });
  expect(status).toBe(201);
  expect(json.kind).toBe("LocalProcess");
  expect(requested(json)).toEqual({
    type: "Restart",
    message: "restarted by hand",
    time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/) as string,
    inputs: { LEVEL: "debug" },
  });
});

test("a trigger without a body asks for a run, and every one is a new one", async () => {
  const first = requested((await post("web")).json);
  const second = requested((await post("web", {})).json);
  expect(first["type"]).toBe("Trigger");
  expect(second["traceparent"]).not.toBe(first["traceparent"]);
});

test("a trigger is part of the trace of who asks for it", async () => {
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const within = async (traceparent: string) =>
    requested((await post("web", {}, { traceparent })).json)["traceparent"]!;
  expect(await within(`00-${traceId}-00f067aa0ba902b7-01`)).toMatch(RegExp(`^00-${traceId}-(?!00f067)`));
  expect(await within(`00-${"0".repeat(32)}-00f067aa0ba902b7-01`)).not.toContain("0".repeat(32));
  expect(await within("nonsense")).toMatch(/^00-/);
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, tracestate: "vendor=x" };
  expect(requested((await post("web", {}, headers)).json)["tracestate"]).toBe("vendor=x");
  expect(requested((await post("web", {}, { tracestate: "vendor=x" })).json)).not.toHaveProperty(
    "tracestate",
  );
});

test("TRG-12: a trigger of what is not there is 404, one with a bad body 400 or 422", async () => {
  expect(await post("nobody")).toMatchObject({ status: 404, json: { reason: "NotFound" } });
  for (const body of ['["web","api"]', '"web"', "3", "{", '{"names":["web"]}']) {
    expect(await post("web", body)).toMatchObject({ status: 400, json: { reason: "BadRequest" } });
  }
  const { status, json } = await post("web", { type: "Jump", inputs: { "A-B": "x", N: 3, OK: "secret" } });
  expect(status).toBe(422);
  expect(json.details.causes.map(({ field }: { field: string }) => field)).toEqual([
    "type",
    'inputs["A-B"]',
    'inputs["N"]',
  ]);
  expect(json.message).toContain('supported values: "Trigger", "Restart", "Stop", "Cancel"');
  expect(json.message).not.toContain("secret");
});

test("inputs may be many and long, but not without end", async () => {
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`K${i}`, ""]));
  expect((await post("web", { inputs: many })).json.message).toContain("at most 100 are taken");
  expect((await post("web", { inputs: { A: "x".repeat(70_000) } })).status).toBe(422);
  expect((await post("web", { inputs: { A: "x".repeat(60_000) } })).status).toBe(201);
});

test("TRG-12: other methods are 405, and what cannot run has no trigger", async () => {
  for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
    expect(await server.ask(`${PROCESSES}/web/trigger`, { method })).toMatchObject({ status: 405 });
  }
  const watches = PROCESSES.replace("localprocesses", "filewatches");
  expect(await server.ask(`${watches}/src/trigger`, { method: "POST" })).toMatchObject({ status: 404 });
});

test("TRG-12: nothing is asked of what is disabled, and the answer says how to enable it", async () => {
  const { status, json } = await post("off");
  expect(status).toBe(409);
  expect(json.message).toContain("it is disabled");
  expect(json.message).toContain("tiltish enable off");
  const { json: object } = await server.ask(`${PROCESSES}/off`);
  expect(object.metadata).not.toHaveProperty("annotations");
});

test("a dry run of a trigger asks for nothing", async () => {
  await server.ask(PROCESSES, { method: "POST", body: localProcess("dry") });
  const { status, json } = await server.ask(`${PROCESSES}/dry/trigger?dryRun=All`, { method: "POST" });
  expect(status).toBe(201);
  expect(requested(json)["type"]).toBe("Trigger");
  expect((await server.ask(`${PROCESSES}/dry`)).json.metadata).not.toHaveProperty("annotations");
});

test("who may only read may not trigger", async () => {
  const { secret } = server.tokens.create({ name: "reader", secrets: false });
  const headers = { authorization: `Bearer ${secret}` };
  expect(await post("web", {}, headers)).toMatchObject({ status: 403, json: { reason: "Forbidden" } });
});
