import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test as base } from "vitest";
import { ConfigMap, Namespace } from "../../../apis/core/index.ts";
import type { Kind } from "../../../apis/kind.ts";
import { createKinds, createRegistry, type Registry } from "../../../server/registry/index.ts";
import { Store } from "../../../server/storage/index.ts";
import { watchObjects } from "../../../server/watch/index.ts";
import { configMap } from "../http/harness.ts";

interface World {
  store: Store;
  registry: Registry;
  create(name: string, labels?: Record<string, string>): Promise<unknown>;
}

const KIND = ConfigMap as unknown as Kind;

async function open(maxCount: number) {
  const directory = await mkdtemp(join(tmpdir(), "tiltish-watch-"));
  const history = { minAgeMs: 0, minCount: 0, maxCount };
  const store = await Store.open({ directory, history, onFatal: () => undefined });
  const kinds = [KIND, Namespace as unknown as Kind];
  const registry = createRegistry(store, createKinds(kinds));
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } };
  await registry.create({ kind: kinds[1]!, namespace: "" }, namespace, {});
  const create = (name: string, labels = {}) =>
    registry.create({ kind: KIND, namespace: "default" }, configMap(name, {}, labels), {});
  const close = async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { store, registry, create, close };
}

const testWith = (maxCount: number) =>
  base.extend<{ world: World }>({
    // oxlint-disable-next-line eslint/no-empty-pattern -- the form that vitest asks for
    world: async ({}, use) => {
      const world = await open(maxCount);
      await use(world);
      await world.close();
    },
  });

const test = testWith(100_000);
const testShort = testWith(100);

test("the present state comes first, then what happens, as the store's own objects", async ({ world }) => {
  await world.create("a");
  const seen: string[] = [];
  for await (const { type, object } of watchObjects(world.store, KIND)) {
    seen.push(`${type} ${object.metadata.name}`);
    if (seen.length === 1) await world.create("b");
    if (seen.length === 2) {
      expect(object).toBe(world.store.list({ group: "", plural: "configmaps" })[1]!.object);
      await world.registry.delete({ kind: KIND, namespace: "default", name: "a" }, {});
    }
    if (seen.length === 3) break;
  }
  expect(seen).toEqual(["ADDED a", "ADDED b", "DELETED a"]);
});

test("a signal ends it, also before it began", async ({ world }) => {
  const ending = new AbortController();
  const watching = collect(watchObjects(world.store, KIND, { signal: ending.signal }));
  await world.create("a");
  ending.abort();
  expect((await watching).length).toBeLessThanOrEqual(1);
  expect(await collect(watchObjects(world.store, KIND, { signal: ending.signal }))).toEqual([]);
});

test("timeoutSeconds ends it", async ({ world }) => {
  await world.create("a");
  expect(await collect(watchObjects(world.store, KIND, { timeoutSeconds: 0.05 }))).toHaveLength(1);
});

test("who falls far behind gets everything from the log, in order", async ({ world }) => {
  const events = watchObjects(world.store, KIND, { resourceVersion: String(world.store.revision) });
  const iterator = events[Symbol.asyncIterator]();
  const first = iterator.next();
  const names = Array.from({ length: 3_000 }, (_, index) => `n${index}`);
  for (let i = 0; i < names.length; i += 100)
    await Promise.all(names.slice(i, i + 100).map((n) => world.create(n)));
  const seen = [(await first).value];
  while (seen.length < names.length) seen.push((await iterator.next()).value);
  expect(seen.map((event) => event?.object.metadata.name)).toEqual(names);
  await iterator.return?.();
});

testShort("who falls so far behind that the log is gone is told by Expired", async ({ world }) => {
  const events = watchObjects(world.store, KIND, { resourceVersion: String(world.store.revision) });
  const iterator = events[Symbol.asyncIterator]();
  const first = iterator.next();
  for (let i = 0; i < 30; i++) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => world.create(`n${i}-${index}`)));
  }
  await world.store.compact();
  await first;
  const drain = async () => {
    for (;;) await iterator.next();
  };
  await expect(drain()).rejects.toMatchObject({ code: 410, reason: "Expired" });
});

testShort("a revision that is forgotten is Expired at once", async ({ world }) => {
  for (let i = 0; i < 150; i++) await world.create(`n${i}`);
  await world.store.compact();
  await expect(collect(watchObjects(world.store, KIND, { resourceVersion: "1" }))).rejects.toMatchObject({
    reason: "Expired",
  });
});

test("selectors and namespaces narrow it down", async ({ world }) => {
  await world.create("a", { app: "web" });
  await world.create("b");
  const options = { namespace: "default", labelSelector: "app=web", timeoutSeconds: 0.05 };
  expect(await collect(watchObjects(world.store, KIND, options))).toHaveLength(1);
  expect(await collect(watchObjects(world.store, KIND, { ...options, namespace: "other" }))).toHaveLength(0);
  await expect(collect(watchObjects(world.store, KIND, { labelSelector: "((" }))).rejects.toMatchObject({
    code: 400,
  });
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
