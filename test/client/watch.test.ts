import { expect, test } from "vitest";
import { forbidden } from "../../apis/errors.ts";
import { Client, ConnectionError } from "../../client/index.ts";
import { FakeClock, impatientClock } from "./fakeClock.ts";
import { LogTransport } from "./logTransport.ts";
import { Thing } from "./thing.ts";

const clientOf = (server: LogTransport) => new Client(server.transport, { clock: impatientClock });

async function take<T>(source: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of source) {
    taken.push(item);
    if (taken.length === count) break;
  }
  return taken;
}

test("a watch from a revision tells only what came after it", async () => {
  const server = new LogTransport();
  server.put("a");
  const { resourceVersion } = server;
  server.put("b");
  server.put("a");
  server.remove("b");
  const changes = await take(clientOf(server).watch(Thing, { resourceVersion }), 3);
  expect(changes.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
    "ADDED b",
    "MODIFIED a",
    "DELETED b",
  ]);
  expect(server.lists).toEqual([]);
});

test("a watch from a revision that is gone tells what is there instead", async () => {
  const server = new LogTransport();
  server.put("a");
  server.put("b");
  server.compact();
  const changes = await take(clientOf(server).watch(Thing, { resourceVersion: "10" }), 2);
  expect(changes.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
    "ADDED a",
    "ADDED b",
  ]);
});

test("a watch ends quietly when its signal is aborted", async () => {
  const server = new LogTransport();
  const abort = new AbortController();
  const taken = take(clientOf(server).watch(Thing, { signal: abort.signal }), 1);
  await expect.poll(() => server.watches.length).toBe(1);
  abort.abort();
  expect(await taken).toEqual([]);
});

test("a watch that is refused says so at once", async () => {
  const server = new LogTransport();
  server.list = () => Promise.reject(forbidden({ group: "", plural: "things", name: "" }, "no"));
  await expect(take(clientOf(server).watch(Thing), 1)).rejects.toMatchObject({ reason: "Forbidden" });
});

test("a watch of a server that is not there says so at once", async () => {
  const server = new LogTransport();
  server.isDown = true;
  await expect(take(clientOf(server).watch(Thing), 1)).rejects.toBeInstanceOf(ConnectionError);
});

test("a wait is over when the object is as wanted, or gone if that is wanted", async () => {
  const server = new LogTransport();
  const client = clientOf(server);
  const labelled = client.waitFor(Thing, "a", (thing) => thing?.metadata.labels?.["x"] === "1");
  server.put("a");
  server.put("a", { labels: { x: "1" } });
  expect(await labelled).toMatchObject({ metadata: { name: "a", labels: { x: "1" } } });
  const gone = client.waitFor(Thing, "a", (thing) => !thing);
  server.remove("a");
  expect(await gone).toBeUndefined();
});

test("a wait that takes too long fails with Timeout", async () => {
  const server = new LogTransport();
  const clock = new FakeClock();
  const client = new Client(server.transport, { clock });
  const waited = client.waitFor(Thing, "a", "Ready", { timeoutMs: 500 });
  await expect.poll(() => server.watches.length).toBe(1);
  clock.advance(500);
  await expect(waited).rejects.toMatchObject({ reason: "Timeout" });
});
