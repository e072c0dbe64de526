import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { invalid } from "../../apis/errors.ts";
import type { ResourceRef, WatchOptions } from "../../apis/transport.ts";
import { Client, type Informer } from "../../client/index.ts";
import { impatientClock } from "./fakeClock.ts";
import { LogTransport } from "./logTransport.ts";
import { Thing } from "./thing.ts";

let server: LogTransport;
let informer: Informer<typeof Thing>;
let told: string[];

const open = (transport = server) => {
  informer = new Client(transport.transport, { clock: impatientClock }).informer(Thing);
  informer.on({
    added: ({ metadata }) => told.push(`+${metadata.name}@${metadata.resourceVersion}`),
    updated: ({ metadata }, old) =>
      told.push(`${metadata.name}@${old.metadata.resourceVersion}>${metadata.resourceVersion}`),
    deleted: ({ metadata }) => told.push(`-${metadata.name}`),
  });
  return informer.start();
};
const names = () => informer.list().map(({ metadata }) => metadata.name);

beforeEach(() => {
  server = new LogTransport();
  told = [];
});
afterEach(() => informer.stop());

describe("an informer", () => {
  test("tells what is there, then every change once and in order", async () => {
    server.put("a");
    await open().synced;
    expect(told).toEqual(["+a@11"]);
    server.put("b");
    server.put("a");
    server.remove("b");
    await expect.poll(() => told).toEqual(["+a@11", "+b@12", "a@11>13", "-b"]);
    expect(names()).toEqual(["a"]);
  });

  test("takes up a stream that ended or broke where it left off", async () => {
    await open().synced;
    for (const broken of [false, true]) {
      server.put("a");
      await expect.poll(() => told.length).toBe(broken ? 3 : 1);
      server.end({ broken });
      server.put("a");
      await expect.poll(() => told.length).toBe(broken ? 4 : 2);
    }
    expect(told).toEqual(["+a@11", "a@11>12", "a@12>13", "a@13>14"]);
    const full = server.lists.filter(({ limit }) => limit === undefined);
    expect(full).toHaveLength(1);
  });

  test("goes on from a bookmark, so that a quiet collection need not be listed again", async () => {
    await open().synced;
    server.bookmark();
    server.bookmark();
    const cursor = () => {
      server.end();
      return server.watches.at(-1)?.resourceVersion;
    };
    await expect.poll(cursor).toBe("12");
    expect(server.lists.filter(({ limit }) => limit === undefined)).toHaveLength(1);
  });

  test("tells the true difference when the server has forgotten where it was", async () => {
    server.put("changed");
    server.put("gone");
    server.put("same");
    server.put("renewed");
    await open().synced;
    told.length = 0;
    server.isDown = true;
    server.end();
    server.put("changed");
    server.remove("gone");
    server.remove("renewed");
    server.put("renewed");
    server.put("new");
    server.compact();
    server.isDown = false;
    await expect.poll(() => told.length).toBe(5);
    expect(told.toSorted()).toEqual(["+new@19", "+renewed@18", "-gone", "-renewed", "changed@11>15"]);
    expect(told.indexOf("-renewed")).toBeLessThan(told.indexOf("+renewed@18"));
  });

  test("waits for a server that is not there yet", async () => {
    server.isDown = true;
    open();
    await expect.poll(() => server.lists.length).toBeGreaterThan(2);
    expect(informer.isSynced).toBe(false);
    server.put("a");
    server.isDown = false;
    await informer.synced;
    expect(names()).toEqual(["a"]);
  });

  test("lists again when the server came back with an older store", async () => {
    server.put("old");
    await open().synced;
    await expect.poll(() => server.watches.length).toBe(1);
    const younger = new LogTransport(1);
    younger.put("young");
    server.list = (...args) => younger.list(...args);
    server.watch = (...args) => younger.watch(...args);
    server.end();
    await expect.poll(names).toEqual(["young"]);
    expect(told).toEqual(["+old@11", "-old", "+young@2"]);
  });

  test("finds objects by owner and by whatever else it was asked to index", async () => {
    const ownerReferences = [{ apiVersion: "v1", kind: "Thing", name: "o", uid: "owner" }];
    server.put("a", { ownerReferences, labels: { app: "web" } });
    await open().synced;
    informer.addIndex("app", ({ metadata }) => [metadata.labels?.["app"] ?? ""]);
    expect(informer.by("owner", "owner")).toHaveLength(1);
    expect(informer.by("app", "web")).toHaveLength(1);
    server.put("a", { labels: { app: "api" } });
    await expect.poll(() => informer.by("app", "api").length).toBe(1);
    expect(informer.by("app", "web")).toEqual([]);
    expect(informer.by("owner", "owner")).toEqual([]);
  });

  test("is not stopped by a handler that throws", async () => {
    open().on({
      added: () => {
        throw new Error("no");
      },
    });
    await informer.synced;
    server.put("a");
    server.put("b");
    await expect.poll(names).toEqual(["a", "b"]);
  });

  test("ends when it is stopped, and says so to those who wait for it", async () => {
    server.isDown = true;
    open();
    await informer.stop();
    await expect(informer.synced).rejects.toThrow("stopped before it had synced");
  });

  test("has neither gap nor duplicate, however often streams end, break and expire", async () => {
    await open().synced;
    const random = randomOf(42);
    const seen = new Map<string, string>();
    informer.on({
      added: ({ metadata: { name, resourceVersion } }) => {
        expect(seen.has(name)).toBe(false);
        seen.set(name, resourceVersion!);
      },
      updated: ({ metadata: { name, resourceVersion } }, old) => {
        expect(seen.get(name)).toBe(old.metadata.resourceVersion);
        expect(Number(resourceVersion)).toBeGreaterThan(Number(seen.get(name)));
        seen.set(name, resourceVersion!);
      },
      deleted: ({ metadata: { name } }) => expect(seen.delete(name)).toBe(true),
    });
    for (let i = 0; i < 2_000; i++) {
      const name = `n${random(20)}`;
      if (random(4) === 0 && server.objects.has(name)) server.remove(name);
      else server.put(name);
      if (random(30) === 0) server.end({ broken: random(2) === 0 });
      if (random(100) === 0) server.compact();
      if (random(5) === 0) await new Promise(setImmediate);
    }
    const present = [...server.objects].map(([name, { metadata }]) => [name, metadata.resourceVersion]);
    await expect.poll(() => Object.fromEntries(seen)).toEqual(Object.fromEntries(present));
  });
});

/** Whole numbers below a bound, the same ones for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
}

describe("an informer of a server that streams lists, but", () => {
  test.each([
    ["refuses to", () => Promise.reject(invalid({ group: "", kind: "Options", name: "" }, []))],
    ["does not know of it", () => new Promise<never>(() => undefined)],
  ])("%s, asks for a list", async (_, answer) => {
    const streaming = Object.assign(server, { streamsLists: true });
    const watch = streaming.watch.bind(streaming);
    streaming.watch = async function* (resource: ResourceRef, given?: WatchOptions) {
      const options = given ?? {};
      if (options.sendInitialEvents) {
        streaming.watches.push(options);
        const ended = new Promise<void>((resolve) =>
          options.signal?.addEventListener("abort", () => resolve()),
        );
        await Promise.race([answer(), ended]);
      } else yield* watch(resource, options);
    };
    server.put("a");
    await open().synced;
    server.put("b");
    await expect.poll(() => told).toEqual(["+a@11", "+b@12"]);
    expect(server.watches.map(({ sendInitialEvents }) => sendInitialEvents)).toEqual([true, undefined]);
    expect(server.lists).toHaveLength(1);
  });
});
