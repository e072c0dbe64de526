import { statSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { Store, type StoreEvent } from "../../../server/storage/index.ts";
import {
  changesOf,
  keyOf,
  lineOf,
  objectOf,
  openStore,
  put,
  remove,
  scope,
  specsOf,
  temporaryDirectory,
  withFailpoints,
} from "./helpers.ts";

/** Forgets everything that compaction may forget. */
const NO_HISTORY = { minAgeMs: 0, minCount: 0 };

describe("resuming", () => {
  test("every change after a revision is told once, in order, with what it replaced (G5)", async () => {
    const store = await openStore();
    const live: StoreEvent[] = [];
    store.subscribe(scope, (events) => live.push(...events));
    await put(store, "a", 1);
    await Promise.all([put(store, "a", 2), put(store, "b", 1)]);
    await remove(store, "a");
    await put(store, "a", 3);
    expect(live.map(({ type, revision }) => [type, revision])).toEqual([
      ["ADDED", 1],
      ["MODIFIED", 2],
      ["ADDED", 3],
      ["DELETED", 4],
      ["ADDED", 5],
    ]);
    for (let revision = 0; revision <= 5; revision += 1) {
      expect(changesOf(store, revision).map(lineOf)).toEqual(live.slice(revision).map(lineOf));
    }
  });

  test("a deletion tells the last state with the revision of the deletion", async () => {
    const store = await openStore();
    await put(store, "a", "last");
    await remove(store, "a");
    const [, deleted] = store.changesSince(scope, 0, 10).events;
    expect(deleted).toMatchObject({ type: "DELETED", revision: 2, previous: { revision: 1 } });
    expect(deleted!.stored.object).toMatchObject({ metadata: { resourceVersion: "2" }, spec: "last" });
  });

  test("an answer says how far it is complete, whether or not anything was in scope", async () => {
    const store = await openStore();
    for (let index = 1; index <= 5; index += 1)
      await put(store, `o${index}`, index, index % 2 ? "odd" : "even");
    const even = { ...scope, namespace: "even" };
    expect(store.changesSince(even, 0, 1)).toMatchObject({ events: [{ revision: 2 }], through: 2 });
    expect(store.changesSince(even, 2, 10)).toMatchObject({ events: [{ revision: 4 }], through: 5 });
    expect(store.changesSince({ group: "", plural: "secrets" }, 0, 10)).toEqual({ events: [], through: 5 });
    expect(store.changesSince(even, 5, 10)).toEqual({ events: [], through: 5 });
    expect(store.changesSince(even, 99, 10)).toEqual({ events: [], through: 99 });
  });

  test("a long history is told in several answers", async () => {
    const store = await openStore();
    const count = 6_000;
    await Promise.all(Array.from({ length: count }, (_, index) => put(store, "busy", index)));
    await put(store, "rare", 0, "quiet");
    expect(store.changesSince(scope, 0, count)).toMatchObject({ through: 1_000 });
    expect(store.changesSince({ ...scope, namespace: "quiet" }, 0, 10)).toEqual({
      events: [],
      through: 5_000,
    });
    expect(changesOf(store)).toHaveLength(count + 1);
  });

  test("a history of large objects is told in several answers", async () => {
    const store = await openStore();
    const large = "x".repeat(1024 * 1024);
    for (let index = 0; index < 6; index += 1) await put(store, "large", large);
    const { through } = store.changesSince(scope, 0, 100);
    expect(through).toBeGreaterThan(0);
    expect(through).toBeLessThan(6);
    expect(changesOf(store)).toHaveLength(6);
  });
});

describe("compaction", () => {
  test("older revisions are expired, present objects are not (G7)", async () => {
    const store = await openStore({ history: NO_HISTORY });
    await put(store, "a", 1);
    await put(store, "b", 1);
    await put(store, "a", 2);
    await store.compact();
    expect(store.compactedRevision).toBe(3);
    expect(() => store.changesSince(scope, 2, 10)).toThrow(
      expect.objectContaining({ code: 410, reason: "Expired" }),
    );
    expect(() => store.listAt(scope, 2)).toThrow(expect.objectContaining({ code: 410, reason: "Expired" }));
    expect(specsOf(store.listAt(scope, 3))).toEqual([2, 1]);
    await put(store, "b", 2);
    expect(changesOf(store).map(lineOf)).toEqual([expect.stringContaining('"spec":1')]);
  });

  test("the revision does not go back when everything is gone (G3)", async () => {
    const directory = temporaryDirectory();
    const store = await openStore({ directory, history: NO_HISTORY });
    await put(store, "a");
    await remove(store, "a");
    await store.compact();
    await store.close();
    const again = await openStore({ directory, history: NO_HISTORY });
    expect(again.revision).toBe(2);
    expect(again.compactedRevision).toBe(2);
    expect((await put(again, "a")).revision).toBe(3);
    await again.close(); // with the row of the deletion still there
    const last = await openStore({ directory, history: NO_HISTORY });
    await last.compact();
    expect(specsOf(last.list(scope))).toEqual([{}]);
  });

  test("history is kept for its time or its count, whichever is more, and never beyond its maximum (G7)", async () => {
    let now = 1_000_000;
    const history = { minAgeMs: 1_000, minCount: 10, maxCount: 30 };
    const store = await openStore({ history, now: () => now });
    const write = async (count: number) => {
      for (let index = 0; index < count; index += 1) await put(store, "a", index);
      await store.compact();
      return store.revision - store.compactedRevision;
    };
    expect(await write(20)).toBe(20); // young
    now += 1_000;
    expect(await write(0)).toBe(10); // old, but among the newest
    expect(await write(15)).toBe(15); // 15 young ones
    expect(await write(40)).toBe(30); // young, but too many
    now -= 500_000; // a clock that is set back loses nothing, and is not seen in the log
    expect(await write(5)).toBe(30);
    now += 501_000;
    expect(await write(0)).toBe(10);
  });

  test("a store that is written fast is compacted without being asked", async () => {
    const store = await openStore({ history: { minAgeMs: 1e9, minCount: 0, maxCount: 100 } });
    for (let turn = 0; turn < 20; turn += 1) {
      await Promise.all(Array.from({ length: 20 }, (_, index) => put(store, `o${index}`, turn)));
    }
    await expect.poll(() => store.revision - store.compactedRevision).toBeLessThanOrEqual(110);
    expect(store.list(scope)).toHaveLength(20);
  });

  test("room that compaction makes is given back to the disk", async () => {
    const directory = temporaryDirectory();
    const store = await openStore({ directory, history: NO_HISTORY });
    const large = "x".repeat(1024 * 1024);
    for (let index = 0; index < 20; index += 1) await put(store, "large", `${index}${large}`);
    await store.backup(`${directory}/before.db`);
    await store.compact();
    await store.close();
    expect(statSync(`${directory}/before.db`).size).toBeGreaterThan(20 * 1024 * 1024);
    expect(statSync(`${directory}/store.db`).size).toBeLessThan(8 * 1024 * 1024);
  });

  test("compaction that fails is counted, and shouted about the third time", async () => {
    const [warn, error] = [vi.fn<(...line: unknown[]) => void>(), vi.fn<(...line: unknown[]) => void>()];
    const store = await openStore({ history: NO_HISTORY, log: { info: () => undefined, warn, error } });
    await put(store, "a", 1);
    await put(store, "a", 2);
    withFailpoints("store.beforeCompactionCommit=throw");
    for (let failure = 1; failure <= 3; failure += 1) {
      await expect(store.compact()).rejects.toThrow("failpoint");
      expect(store.compaction).toEqual({ lastSuccessMs: undefined, failures: failure });
    }
    expect(error).toHaveBeenCalledExactlyOnceWith(expect.anything(), expect.stringContaining("COMPACTION"));
    expect(changesOf(store, 0)).toHaveLength(2);
    withFailpoints("");
    await store.compact();
    expect(store.compaction).toMatchObject({ lastSuccessMs: expect.any(Number), failures: 0 });
  });
});

/** Raise it to search longer. */
const RUNS = Number(process.env["TILTISH_RUNS"] ?? 40);

type Step = { put: string } | { remove: string } | "compact" | "reopen";

const name = fc.constantFrom("a", "b", "c", "d");
const steps = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ put: name }) },
    { weight: 5, arbitrary: fc.record({ remove: name }) },
    { weight: 2, arbitrary: fc.constant<Step>("compact") },
    { weight: 1, arbitrary: fc.constant<Step>("reopen") },
  ),
  { maxLength: 40 },
);

test("whatever happens, every kept revision shows what it showed when it was the newest (G5, G7)", async () => {
  const run = async (steps: Step[], minCount: number) => {
    const options = {
      directory: temporaryDirectory(),
      history: { minAgeMs: 0, minCount },
      onFatal: (error: Error) => expect.fail(error.message),
    };
    let store = await Store.open(options);
    const told: string[] = [];
    const shown: string[][] = [[]];
    const watch = () => store.subscribe(scope, (events) => told.push(...events.map(lineOf)));
    const linesOf = (list = store.list(scope)) => list.map(({ bytes }) => bytes.toString());
    watch();
    for (const step of steps) {
      if (step === "compact") await store.compact();
      else if (step === "reopen") {
        await store.close();
        store = await Store.open(options);
        watch();
      } else await perform(store, step);
      if (shown.length === store.revision) shown.push(linesOf());
      expect(store.revision).toBe(shown.length - 1);
      expect(changesOf(store).map(lineOf)).toEqual(told.slice(store.compactedRevision));
      for (let revision = store.compactedRevision; revision <= store.revision; revision += 1) {
        expect(linesOf(store.listAt(scope, revision))).toEqual(shown[revision]);
      }
    }
    await store.close();
  };
  await fc.assert(fc.asyncProperty(steps, fc.nat(6), run), { numRuns: RUNS });
});

async function perform(store: Store, step: { put: string } | { remove: string }): Promise<void> {
  if ("put" in step) await put(store, step.put, { at: store.revision });
  else if (store.get(keyOf(step.remove))) {
    await store.write(keyOf(step.remove), () => ({ remove: objectOf(step.remove, "last") }));
  }
}
