import { describe, expect, test } from "vitest";
import { WorkQueue } from "../../../controllers/runtime/index.ts";
import { FakeClock } from "../../client/fakeClock.ts";

const open = () => {
  const clock = new FakeClock();
  return { clock, queue: new WorkQueue({ clock, random: () => 0 }) };
};

describe("a work queue", () => {
  test("gives each key once, in the order in which they came", async () => {
    const { queue } = open();
    for (const key of ["a", "b", "a", "c", "b"]) queue.add(key);
    expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(["a", "b", "c"]);
    expect(queue.metrics).toMatchObject({ adds: 3, depth: 0 });
  });

  test("never gives a key to two at once, and gives it once more if it was added meanwhile", async () => {
    const { queue } = open();
    queue.add("a");
    await queue.take();
    queue.add("a");
    queue.add("a");
    let again: string | undefined;
    const taken = queue.take().then((key) => (again = key));
    await Promise.resolve();
    expect(again).toBeUndefined();
    queue.done("a");
    expect(await taken).toBe("a");
    queue.done("a");
    expect(queue.metrics.depth).toBe(0);
  });

  test("waits twice as long after each failure, up to 30 s, and starts afresh when it is told to forget", async () => {
    const { queue, clock } = open();
    const delays: number[] = [];
    for (let i = 0; i < 15; i++) {
      queue.add("a");
      await queue.take();
      queue.done("a");
      queue.retry("a");
      let waitedMs = 0;
      while (queue.metrics.depth === 0) {
        clock.advance(5);
        waitedMs += 5;
      }
      delays.push(waitedMs);
    }
    expect(delays.slice(0, 5)).toEqual([5, 10, 20, 40, 80]);
    expect(delays.at(-1)).toBe(30_000);
    queue.forget("a");
    expect(queue.failuresOf("a")).toBe(0);
  });

  test("adds a key at the earliest of the times that it was asked for", () => {
    const { queue, clock } = open();
    queue.addAfter("a", 1_000);
    queue.addAfter("a", 100);
    queue.addAfter("a", 500);
    clock.advance(100);
    expect(queue.metrics).toMatchObject({ depth: 1, delayed: 0 });
    expect(clock.pending).toBe(0);
  });

  test("waits for weeks at most, but never no time at all because it was told to wait longer", () => {
    const { queue, clock } = open();
    queue.addAfter("a", 2 ** 40);
    clock.advance(2 ** 31 - 2);
    expect(queue.metrics).toMatchObject({ depth: 0, delayed: 1 });
    clock.advance(1);
    expect(queue.metrics).toMatchObject({ depth: 1, delayed: 0 });
  });

  test("drops a delay when the key is worked on before, since that work decides anew", async () => {
    const { queue, clock } = open();
    queue.addAfter("a", 1_000);
    queue.add("a");
    await queue.take();
    expect(clock.pending).toBe(0);
    queue.addAfter("a", 50);
    queue.done("a");
    clock.advance(50);
    expect(await queue.take()).toBe("a");
  });

  test("lets everybody go when it is closed, and takes nothing more", async () => {
    const { queue, clock } = open();
    const waiting = queue.take();
    queue.addAfter("a", 1_000);
    queue.close();
    queue.add("b");
    expect(await waiting).toBeUndefined();
    expect(await queue.take()).toBeUndefined();
    expect(clock.pending).toBe(0);
  });
});
