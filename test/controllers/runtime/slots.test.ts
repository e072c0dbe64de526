import { expect, test } from "vitest";
import { BuildSlots } from "../../../controllers/runtime/slots.ts";

const BESIDE = { parallel: true };
const ALONE = { parallel: false };
const named = (name: string) => ({ namespace: "default", name });

test("TRG-6: of three builds with two slots the third waits, and goes when one ends", () => {
  const slots = new BuildSlots(2);
  const woken: string[] = [];
  slots.subscribe(({ name }) => woken.push(name));
  expect(slots.acquire(named("a"), BESIDE)).toBeUndefined();
  expect(slots.acquire(named("b"), BESIDE)).toBeUndefined();
  expect(slots.acquire(named("c"), BESIDE)).toBe("a free build slot (default/a, default/b building)");
  slots.finish(named("a"));
  expect(woken).toEqual(["c"]);
  expect(slots.acquire(named("c"), BESIDE)).toBeUndefined();
});

test("TRG-8: a build that must not run in parallel waits for another such build, a parallel one does not", () => {
  const slots = new BuildSlots(3);
  slots.acquire(named("a"), ALONE);
  expect(slots.acquire(named("b"), ALONE)).toBe("the build of default/a (allowParallel is false)");
  expect(slots.acquire(named("c"), BESIDE)).toBeUndefined();
});

test("TRG-3: those who wait go in the order in which they asked", () => {
  const slots = new BuildSlots(1);
  slots.acquire(named("a"), BESIDE);
  for (const name of ["b", "c"]) slots.acquire(named(name), BESIDE);
  slots.finish(named("a"));
  expect(slots.acquire(named("c"), BESIDE)).toBe("its turn, after default/b");
  expect(slots.acquire(named("a"), BESIDE)).toBe("its turn, after default/b");
  expect(slots.acquire(named("b"), BESIDE)).toBeUndefined();
});

test("one that wants to build no more does not hold up those behind it", () => {
  const slots = new BuildSlots(1);
  slots.acquire(named("a"), BESIDE);
  for (const name of ["b", "c"]) slots.acquire(named(name), BESIDE);
  slots.finish(named("a"));
  slots.release(named("b"));
  expect(slots.acquire(named("c"), BESIDE)).toBeUndefined();
});

test("who has a slot keeps it however often it asks", () => {
  const slots = new BuildSlots(1);
  slots.acquire(named("a"), ALONE);
  expect(slots.acquire(named("a"), ALONE)).toBeUndefined();
});

test("TRG-3: those whom somebody has asked for by hand go first, in the order in which that was", () => {
  const slots = new BuildSlots(1);
  const woken: string[] = [];
  slots.subscribe(({ name }) => woken.push(name));
  slots.acquire(named("running"), BESIDE);
  for (const name of ["auto1", "auto2"]) slots.acquire(named(name), BESIDE);
  const asked = { three: 3, one: 1, four: 4, two: 2 };
  for (const [name, askedMs] of Object.entries(asked)) slots.acquire(named(name), { ...BESIDE, askedMs });
  slots.finish(named("running"));
  expect(woken).toEqual(["one", "two", "three", "four", "auto1", "auto2"]);
  expect(slots.acquire(named("auto1"), BESIDE)).toBe("its turn, after default/one");
  expect(slots.acquire(named("three"), { ...BESIDE, askedMs: 3 })).toBe("its turn, after default/one");
  expect(slots.acquire(named("one"), { ...BESIDE, askedMs: 1 })).toBeUndefined();
});

test("TRG-3: one that waits already gets its turn earlier when somebody asks for it by hand", () => {
  const slots = new BuildSlots(1);
  slots.acquire(named("a"), BESIDE);
  for (const name of ["b", "c"]) slots.acquire(named(name), BESIDE);
  slots.acquire(named("c"), { ...BESIDE, askedMs: 1 });
  slots.finish(named("a"));
  expect(slots.acquire(named("b"), BESIDE)).toBe("its turn, after default/c");
  expect(slots.acquire(named("c"), { ...BESIDE, askedMs: 9 })).toBeUndefined();
});

test("TRG-9: who has its turn but may not go holds up nobody, and does not go either", () => {
  const slots = new BuildSlots(2);
  slots.acquire(named("a"), ALONE);
  expect(slots.acquire(named("b"), { ...ALONE, askedMs: 1 })).toContain("allowParallel is false");
  expect(slots.acquire(named("c"), BESIDE)).toBeUndefined();
});

test("TRG-7: a lower limit ends no build, and lets none begin above it", () => {
  const slots = new BuildSlots(9);
  const limited = (limit: number) => ({ parallel: true, limit });
  for (const name of ["a", "b", "c"]) expect(slots.acquire(named(name), limited(3))).toBeUndefined();
  expect(slots.acquire(named("a"), limited(1))).toBeUndefined();
  expect(slots.acquire(named("d"), limited(1))).toContain("a free build slot");
  for (const name of ["a", "b"]) slots.finish(named(name));
  expect(slots.acquire(named("d"), limited(1))).toContain("default/c building");
  slots.finish(named("c"));
  expect(slots.acquire(named("d"), limited(1))).toBeUndefined();
});

test("TRG-7: a limit of zero lets no build begin, until it is raised", () => {
  const slots = new BuildSlots(2);
  expect(slots.acquire(named("a"), { parallel: true, limit: 0 })).toBe(
    "a higher limit: builds at once are limited to 0",
  );
  expect(slots.acquire(named("a"), { parallel: true, limit: 1 })).toBeUndefined();
});

test("a namespace with a limit of its own neither takes slots from the others nor gives them any", () => {
  const slots = new BuildSlots(1);
  const own = { parallel: true, limit: 2 };
  const elsewhere = (name: string) => ({ namespace: "other", name });
  for (const name of ["a", "b"]) expect(slots.acquire(elsewhere(name), own)).toBeUndefined();
  expect(slots.acquire(named("a"), BESIDE)).toBeUndefined();
  expect(slots.acquire(named("b"), BESIDE)).toContain("default/a building");
  expect(slots.acquire(elsewhere("c"), own)).toContain("other/a, other/b building");
  expect(slots.requestsIn("other").map(({ name }) => name)).toEqual(["a", "b", "c"]);
});
