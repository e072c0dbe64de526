import { expect, test } from "vitest";
import { BuildSlots } from "../../../controllers/localresource/slots.ts";

const named = (name: string) => ({ namespace: "default", name });

test("TRG-6: of three builds with two slots the third waits, and goes when one ends", () => {
  const slots = new BuildSlots(2);
  const woken: string[] = [];
  slots.subscribe(({ name }) => woken.push(name));
  expect(slots.acquire(named("a"), true)).toBeUndefined();
  expect(slots.acquire(named("b"), true)).toBeUndefined();
  expect(slots.acquire(named("c"), true)).toBe("a free build slot (default/a, default/b building)");
  slots.finish(named("a"));
  expect(woken).toEqual(["c"]);
  expect(slots.acquire(named("c"), true)).toBeUndefined();
});

test("TRG-8: a build that must not run in parallel waits for another such build, a parallel one does not", () => {
  const slots = new BuildSlots(3);
  slots.acquire(named("a"), false);
  expect(slots.acquire(named("b"), false)).toBe("the build of default/a (allowParallel is false)");
  expect(slots.acquire(named("c"), true)).toBeUndefined();
});

test("TRG-3: those who wait go in the order in which they asked", () => {
  const slots = new BuildSlots(1);
  slots.acquire(named("a"), true);
  for (const name of ["b", "c"]) slots.acquire(named(name), true);
  slots.finish(named("a"));
  expect(slots.acquire(named("c"), true)).toBe("its turn, after default/b");
  expect(slots.acquire(named("a"), true)).toBe("its turn, after default/b");
  expect(slots.acquire(named("b"), true)).toBeUndefined();
});

test("one that wants to build no more does not hold up those behind it", () => {
  const slots = new BuildSlots(1);
  slots.acquire(named("a"), true);
  for (const name of ["b", "c"]) slots.acquire(named(name), true);
  slots.finish(named("a"));
  slots.release(named("b"));
  expect(slots.acquire(named("c"), true)).toBeUndefined();
});

test("who has a slot keeps it however often it asks", () => {
  const slots = new BuildSlots(1);
  slots.acquire(named("a"), false);
  expect(slots.acquire(named("a"), false)).toBeUndefined();
});
