import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { conflict } from "../../../apis/errors.ts";
import {
  keyOf,
  objectOf,
  openStore,
  put,
  remove,
  scope,
  specsOf,
  temporaryDirectory,
  withFailpoints,
} from "./helpers.ts";

describe("a commit that fails", () => {
  test("rejects exactly the writes of its batch, and is as if it had never been (G2)", async () => {
    const directory = temporaryDirectory();
    const store = await openStore({ directory });
    const listener = vi.fn<() => void>();
    await put(store, "a", "before");
    store.subscribe(scope, listener);
    withFailpoints("store.beforeCommit=throw@1");
    const failed = await Promise.allSettled([
      put(store, "a", "lost"),
      put(store, "b", "lost"),
      remove(store, "a"),
    ]);
    expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(specsOf(store.list(scope))).toEqual(["before"]);
    expect(listener).not.toHaveBeenCalled();
    expect((await put(store, "a", "after")).revision).toBe(2);
    await store.close();
    expect(specsOf((await openStore({ directory })).list(scope))).toEqual(["after"]);
  });

  test("takes back what was concluded from it", async () => {
    const store = await openStore();
    withFailpoints("store.beforeCommit=throw@1");
    const refuse = () => {
      throw conflict(keyOf("a"));
    };
    const outcomes = await Promise.allSettled([
      put(store, "a"),
      store.write(keyOf("a"), refuse),
      store.write(keyOf("a"), () => "unchanged"),
    ]);
    const failure = { status: "rejected", reason: { message: "failpoint store.beforeCommit" } };
    expect(outcomes).toMatchObject([failure, failure, failure]);
  });
});

describe("a full disk (G13)", () => {
  const open = async () => {
    const directory = temporaryDirectory();
    const store = await openStore({ directory });
    await put(store, "a");
    await put(store, "b");
    await expect.poll(() => existsSync(`${directory}/store.ballast`)).toBe(true);
    return { store, directory };
  };

  test("is answered with 507, and recovers without a restart", async () => {
    const { store, directory } = await open();
    withFailpoints("store.beforeCommit=throw:SQLITE_FULL@1");
    await expect(put(store, "c")).rejects.toMatchObject({ code: 507, reason: "InsufficientStorage" });
    expect(store.isFull).toBe(true);
    expect(existsSync(`${directory}/store.ballast`)).toBe(false);
    await expect(put(store, "c")).rejects.toMatchObject({ code: 507 });
    await expect.poll(() => store.isFull, { timeout: 10_000 }).toBe(false);
    expect(existsSync(`${directory}/store.ballast`)).toBe(true);
    expect((await put(store, "c")).revision).toBe(3);
  });

  test("lets objects be deleted, finalizers included", async () => {
    const { store } = await open();
    withFailpoints("store.beforeCommit=throw:SQLITE_FULL@1");
    expect((await remove(store, "a")).revision).toBe(3); // at the second try, with the ballast gone
    expect(store.isFull).toBe(true);
    const dying = objectOf("b");
    dying.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
    await store.write(keyOf("b"), () => ({ put: dying }));
    await remove(store, "b");
    await expect(put(store, "c")).rejects.toMatchObject({ code: 507 });
    expect(store.list(scope)).toEqual([]);
  });
});

describe("a failing disk (G13)", () => {
  test("ends all writing for ever, is reported once, and loses nothing that was answered", async () => {
    const directory = temporaryDirectory();
    const onFatal = vi.fn<(error: Error) => void>();
    const store = await openStore({ directory, onFatal });
    await put(store, "a", "answered");
    withFailpoints("store.beforeCommit=throw:SQLITE_IOERR_FSYNC@1");
    await expect(put(store, "a", "unknown")).rejects.toMatchObject({ code: 500, reason: "InternalError" });
    await expect(put(store, "a", "refused")).rejects.toMatchObject({ code: 500 });
    expect(onFatal).toHaveBeenCalledTimes(1);
    expect(specsOf(store.list(scope))).toEqual(["answered"]);
    await store.close();
    expect(specsOf((await openStore({ directory })).list(scope))).toEqual(["answered"]);
  });

  test("is answered even if whoever is told of it throws", async () => {
    const uncaught = new Promise((resolve) => process.once("uncaughtException", resolve));
    const store = await openStore({
      onFatal: () => {
        throw new Error("told");
      },
    });
    withFailpoints("store.beforeCommit=throw:SQLITE_IOERR@1");
    await expect(put(store, "a")).rejects.toMatchObject({ code: 500 });
    await expect(put(store, "a")).rejects.toMatchObject({ code: 500 });
    expect(await uncaught).toMatchObject({ message: "told" });
  });

  test("is noticed by compaction too", async () => {
    const onFatal = vi.fn<(error: Error) => void>();
    const store = await openStore({ onFatal, history: { minAgeMs: 0, minCount: 0 } });
    await put(store, "a");
    withFailpoints("store.beforeCompactionCommit=throw:SQLITE_IOERR");
    await expect(store.compact()).rejects.toThrow("failpoint");
    expect(onFatal).toHaveBeenCalledTimes(1);
    await expect(put(store, "a")).rejects.toMatchObject({ code: 500 });
  });
});

test("the ballast is noise, so that a file system that compresses keeps the room", async () => {
  const directory = temporaryDirectory();
  await openStore({ directory });
  await expect.poll(() => existsSync(`${directory}/store.ballast`)).toBe(true);
  const ballast = readFileSync(`${directory}/store.ballast`);
  expect(ballast).toHaveLength(16 * 1024 * 1024);
  expect(new Set(ballast.subarray(0, 4096)).size).toBeGreaterThan(200);
});
