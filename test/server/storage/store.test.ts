import { describe, expect, test, vi } from "vitest";
import { conflict, notFound } from "../../../apis/errors.ts";
import type { StoreEvent } from "../../../server/storage/index.ts";
import { keyOf, objectOf, openStore, put, remove, scope, specsOf, temporaryDirectory } from "./helpers.ts";

const refuseStale = () => {
  throw conflict(keyOf("web"));
};

const refuseMissing = (current: unknown) => {
  if (!current) throw notFound(keyOf("web"));
  return "unchanged" as const;
};

describe("reading", () => {
  test("what was written is read back, with its revision as resourceVersion", async () => {
    const store = await openStore();
    const stored = await put(store, "web", { argv: ["node"] });
    expect(stored.revision).toBe(1);
    expect(stored.object).toEqual({
      ...objectOf("web", { argv: ["node"] }),
      metadata: { name: "web", namespace: "default", resourceVersion: "1" },
    });
    expect(JSON.parse(stored.bytes.toString())).toEqual(stored.object);
    expect(store.get(keyOf("web"))).toBe(stored);
    expect(store.get(keyOf("db"))).toBeUndefined();
  });

  test("what is read is frozen, and shares nothing with what the writer holds", async () => {
    const store = await openStore();
    const spec = { argv: ["old"] };
    const stored = await put(store, "web", spec);
    spec.argv[0] = "new";
    expect(stored.object["spec"]).toEqual({ argv: ["old"] });
    expect(() => Object.assign(stored.object["spec"] as object, { argv: [] })).toThrow(TypeError);
  });

  test("a list is sorted by namespace and name, bytewise, however it came about", async () => {
    const store = await openStore();
    for (const name of ["b", "a-b", "a", "B", "a.b"]) await put(store, name);
    await put(store, "z", {}, "a");
    await put(store, "a", {}, "default-2");
    await remove(store, "b");
    await put(store, "aa");
    const names = (list = store.list(scope)) => list.map(({ key }) => `${key.namespace}/${key.name}`);
    const inDefault = ["default/B", "default/a", "default/a-b", "default/a.b", "default/aa"];
    expect(names()).toEqual(["a/z", ...inDefault, "default-2/a"]);
    expect(names(store.list({ ...scope, namespace: "default" }))).toEqual(inDefault);
    expect(names(store.list({ ...scope, namespace: "none" }))).toEqual([]);
    expect(store.list({ group: "", plural: "localprocesses" })).toEqual([]);
  });

  test("a list that was handed out stays as it was", async () => {
    const store = await openStore();
    await put(store, "a", 1);
    const list = store.list(scope);
    await put(store, "a", 2);
    await put(store, "b", 1);
    expect(specsOf(list)).toEqual([1]);
  });
});

describe("writing", () => {
  test("revisions grow by one over all kinds, removals included (G3)", async () => {
    const store = await openStore();
    const node = { group: "", plural: "namespaces", namespace: "", name: "default" };
    expect((await put(store, "a")).revision).toBe(1);
    expect((await store.write(node, () => ({ put: objectOf("default") }))).revision).toBe(2);
    const removed = await remove(store, "a");
    expect(removed.revision).toBe(3);
    expect(removed.object.metadata.resourceVersion).toBe("3");
    expect(store.get(keyOf("a"))).toBeUndefined();
    expect(store.revision).toBe(3);
  });

  test("a refused write changes nothing", async () => {
    const store = await openStore();
    await put(store, "web", "old");
    await expect(store.write(keyOf("web"), refuseStale)).rejects.toMatchObject({ code: 409 });
    expect(specsOf(store.list(scope))).toEqual(["old"]);
    expect(store.revision).toBe(1);
  });

  test("an unchanged write answers the present state and takes no revision", async () => {
    const store = await openStore();
    const stored = await put(store, "web");
    expect(await store.write(keyOf("web"), () => "unchanged")).toBe(stored);
    expect(store.revision).toBe(1);
    await expect(store.write(keyOf("none"), () => "unchanged")).rejects.toThrow("is not there");
  });

  test("a decision cannot write", async () => {
    const store = await openStore();
    const inner: Promise<unknown>[] = [];
    await store.write(keyOf("a"), () => {
      inner.push(put(store, "a").catch((error: unknown) => error));
      return { put: objectOf("a", "outer") };
    });
    expect(await inner[0]).toBeInstanceOf(TypeError);
    expect(specsOf(store.list(scope))).toEqual(["outer"]);
  });

  test("what is not there cannot be removed", async () => {
    const store = await openStore();
    const removal = store.write(keyOf("web"), () => ({ remove: objectOf("web") }));
    await expect(removal).rejects.toThrow("is not there");
    expect((await put(store, "web")).revision).toBe(1);
  });
});

describe("group commit", () => {
  test("the writes of one turn share a commit, and each sees the one before", async () => {
    const store = await openStore();
    const commits = vi.fn<(events: readonly StoreEvent[]) => void>();
    store.subscribe(scope, commits);
    const increment = () =>
      store.write(keyOf("counter"), (current) => ({
        put: objectOf("counter", Number(current?.["spec"] ?? 0) + 1),
      }));
    const answers = await Promise.all(Array.from({ length: 10 }, increment));
    expect(specsOf(answers)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(commits).toHaveBeenCalledTimes(1);
    const replaced = commits.mock.calls[0]![0].map(({ previous }) => previous?.revision);
    expect(replaced).toEqual([undefined, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("nothing is seen before it is durable (G4, G5)", async () => {
    const store = await openStore();
    const listener = vi.fn<() => void>();
    store.subscribe(scope, listener);
    const write = put(store, "web");
    expect(store.get(keyOf("web"))).toBeUndefined();
    expect(store.list(scope)).toEqual([]);
    expect(store.revision).toBe(0);
    expect(listener).not.toHaveBeenCalled();
    await write;
    expect(store.get(keyOf("web"))).toBeDefined();
    expect(listener).toHaveBeenCalledTimes(1);
  });

  test("an object can be created, removed and created again in one turn", async () => {
    const store = await openStore();
    const events: string[] = [];
    store.subscribe(scope, (batch) => events.push(...batch.map(({ type }) => type)));
    const writes = [
      put(store, "web", 1),
      remove(store, "web"),
      store.write(keyOf("web"), refuseMissing).catch((error: unknown) => error),
      put(store, "web", 2),
    ];
    expect(await Promise.all(writes)).toMatchObject([
      { revision: 1 },
      { revision: 2 },
      { code: 404 },
      { revision: 3 },
    ]);
    expect(events).toEqual(["ADDED", "DELETED", "ADDED"]);
    expect(specsOf(store.list(scope))).toEqual([2]);
  });

  test("a write may be decided on what another object has become, durable or not", async () => {
    const store = await openStore();
    const peeked: unknown[] = [];
    const look = (name: string) =>
      store.write(keyOf(name), (_, peek) => {
        peeked.push(peek(keyOf("other"))?.["spec"]);
        return { put: objectOf(name, {}) };
      });
    await Promise.all([
      look("a"),
      put(store, "other", 1),
      look("b"),
      put(store, "other", 2),
      look("c"),
      remove(store, "other"),
      look("d"),
    ]);
    expect(peeked).toEqual([undefined, 1, 2, undefined]);
  });

  test("a refusal for what another object has become is told when that is durable", async () => {
    const store = await openStore();
    const first = put(store, "other");
    const refused = store.write(keyOf("a"), (_, peek) => {
      throw new Error(peek(keyOf("other")) ? "refused" : "unseen");
    });
    const seen = refused.catch((error: Error) => [error.message, store.get(keyOf("other")) !== undefined]);
    expect(await seen).toEqual(["refused", true]);
    await first;
  });

  test("a listener that throws hurts nobody", async () => {
    const error = vi.fn<(fields: object, message: string) => void>();
    const log = { info: () => undefined, warn: () => undefined, error };
    const store = await openStore({ log });
    const listener = vi.fn<() => void>();
    store.subscribe(scope, () => {
      throw new Error("broken");
    });
    store.subscribe(scope, listener);
    await put(store, "web");
    expect(listener).toHaveBeenCalledTimes(1);
    expect(error).toHaveBeenCalledTimes(1);
  });

  test("a listener hears of its scope only, and no more once it has left", async () => {
    const store = await openStore();
    const heard: string[] = [];
    const hear = (prefix: string) => (events: readonly StoreEvent[]) =>
      heard.push(...events.map(({ stored }) => `${prefix}:${stored.key.name}`));
    store.subscribe({ ...scope, namespace: "a" }, hear("a"));
    store.subscribe({ group: "", plural: "localprocesses" }, hear("core"));
    const leave = store.subscribe(scope, hear("all"));
    await Promise.all([put(store, "one", {}, "a"), put(store, "two", {}, "b")]);
    leave();
    await put(store, "three", {}, "a");
    expect(heard).toEqual(["a:one", "all:one", "all:two", "a:three"]);
  });

  test("a listener may write", async () => {
    const store = await openStore();
    const seen: number[] = [];
    store.subscribe(scope, (events) => {
      seen.push(events[0]!.revision);
      if (store.revision < 3) void put(store, "web", store.revision);
    });
    await put(store, "web", 0);
    await expect.poll(() => seen).toEqual([1, 2, 3]);
  });
});

describe("reopening", () => {
  test("everything answered is there again, and revisions go on (G1, G3)", async () => {
    const directory = temporaryDirectory();
    const first = await openStore({ directory });
    await put(first, "a", 1);
    await put(first, "b", 1);
    await put(first, "a", 2);
    await remove(first, "b");
    await first.close();
    const second = await openStore({ directory });
    expect(second.id).toBe(first.id);
    expect(second.revision).toBe(4);
    expect(specsOf(second.list(scope))).toEqual([2]);
    expect(second.changesSince(scope, 0, 100)).toEqual(second.changesSince(scope, 0, 100));
    expect((await put(second, "c")).revision).toBe(5);
  });

  test("a write that is decided when the store closes is still answered, a later one is not", async () => {
    const directory = temporaryDirectory();
    const store = await openStore({ directory });
    const write = put(store, "a");
    const closing = store.close();
    await expect(put(store, "b")).rejects.toMatchObject({ code: 503 });
    await closing;
    expect((await write).revision).toBe(1);
    expect((await openStore({ directory })).list(scope)).toHaveLength(1);
  });

  test("a backup is a store of its own", async () => {
    const store = await openStore();
    const directory = temporaryDirectory();
    await put(store, "a", 1);
    await put(store, "a", 2);
    await store.backup(`${directory}/store.db`);
    const copy = await openStore({ directory });
    expect(copy.id).toBe(store.id);
    expect(specsOf(copy.list(scope))).toEqual([2]);
    expect(specsOf(copy.listAt(scope, 1))).toEqual([1]);
  });
});
