import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { badRequest } from "../../../apis/errors.ts";
import type { LogSource } from "../../../server/http/index.ts";
import { CONFIG_MAPS, localProcess, PROCESSES, TestServer } from "./harness.ts";

async function serverWith(logSource: LogSource): Promise<TestServer> {
  const server = await TestServer.start({ logSource });
  await server.ask(PROCESSES, { method: "POST", body: localProcess("web") });
  return server;
}

const line = (text: string) => Buffer.from(`${text}\n`);

test("a log is text, for the object and with the query that were asked for", async () => {
  const server = await serverWith(async function* ({ kind, namespace, name, object }, query) {
    yield line(`${kind.kind} ${namespace}/${name} ${object.metadata.uid?.length} ${JSON.stringify(query)}`);
  });
  const answer = await server.ask(`${PROCESSES}/web/log?tailLines=3&follow=false`);
  expect(answer.headers["content-type"]).toMatch(/^text\/plain/);
  expect(answer.text).toBe('LocalProcess default/web 36 {"tailLines":"3","follow":"false"}\n');
  await server.stop();
});

test("what is followed comes as it is written, and the client ends it", async () => {
  let signal: AbortSignal | undefined;
  const server = await serverWith(async function* (_target, _query, ending) {
    signal = ending;
    yield line("one");
    await delay(60_000, undefined, { signal: ending }).catch(() => undefined);
  });
  const response = await server.open(`${PROCESSES}/web/log?follow=true`);
  const [chunk] = await new Promise<Buffer[]>((resolve) =>
    response.once("data", (data: Buffer) => resolve([data])),
  );
  expect(chunk!.toString()).toBe("one\n");
  response.destroy();
  await expect.poll(() => signal?.aborted).toBe(true);
  await server.stop();
});

test("headers come although nothing is written, and the end of the server ends it cleanly", async () => {
  const server = await serverWith(async function* (_target, _query, ending) {
    await delay(60_000, undefined, { signal: ending }).catch(() => undefined);
    yield line("end");
  });
  const response = await server.open(`${PROCESSES}/web/log?follow=true`);
  expect(response.statusCode).toBe(200);
  response.resume();
  const ended = new Promise((resolve) => response.once("end", resolve));
  await server.stop();
  await ended;
  expect(response.complete).toBe(true);
});

test("what is wrong with a request is a Status", async () => {
  // oxlint-disable-next-line eslint/require-yield -- it fails before it has anything to give
  const server = await serverWith(async function* () {
    throw badRequest("tailLines must be a number");
  });
  expect(await server.ask(`${PROCESSES}/web/log`)).toMatchObject({
    status: 400,
    json: { message: "tailLines must be a number" },
  });
  expect(await server.ask(`${PROCESSES}/nope/log`)).toMatchObject({ status: 404 });
  expect(await server.ask(`${CONFIG_MAPS}/a/log`)).toMatchObject({ status: 404 });
  expect(await server.ask(`${PROCESSES}/web/log`, { method: "POST" })).toMatchObject({ status: 405 });
  await server.stop();
});

test("a log that cannot be read to its end does not look complete", async () => {
  const server = await serverWith(async function* () {
    yield line("one");
    await delay(150);
    throw new Error("disk");
  });
  await expect(server.ask(`${PROCESSES}/web/log`)).rejects.toThrow(/aborted|hang up/);
  await server.stop();
});
