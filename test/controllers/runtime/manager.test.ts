import { describe, expect } from "vitest";
import { conflict } from "../../../apis/errors.ts";
import { ConfigMap } from "../../../apis/core/index.ts";
import type { NamespacedName } from "../../../apis/meta.ts";
import { LocalProcess, LocalResource } from "../../../apis/v1alpha1/index.ts";
import { keyOf } from "../../../client/index.ts";
import {
  defineController,
  ensureFinalizer,
  exceptStatus,
  findCondition,
  isBeingDeleted,
  ownerReferenceTo,
  removeFinalizer,
  TerminalError,
  watchKind,
} from "../../../controllers/runtime/index.ts";
import { FakeClock } from "../../client/fakeClock.ts";
import { test } from "./fixture.ts";

const spec = { argv: ["true"] };

describe("a controller", () => {
  test("is called for what is there, and for every later change", async ({ client, manager }) => {
    await client.create(LocalProcess, "a", spec);
    const calls: string[] = [];
    manager.add(
      defineController({ for: LocalProcess, reconcile: async (name) => void calls.push(keyOf(name)) }),
    );
    await manager.start();
    await expect.poll(() => calls).toEqual(["default/a"]);
    await client.in("other").create(LocalProcess, "b", spec);
    await expect.poll(() => calls).toEqual(["default/a", "other/b"]);
    await client.delete(LocalProcess, "a");
    await expect.poll(() => calls).toEqual(["default/a", "other/b", "default/a"]);
  });

  test("is woken by what it owns, what it watches, and sources", async ({ client, manager }) => {
    const calls = new Set<string>();
    let wake: (name: NamespacedName) => void = () => undefined;
    let isSubscribed = false;
    const source = {
      subscribe(given: (name: NamespacedName) => void) {
        wake = given;
        isSubscribed = true;
        return () => void (isSubscribed = false);
      },
    };
    const byConfig = watchKind(ConfigMap, ({ data }) => [
      { namespace: "default", name: data?.["for"] ?? "" },
    ]);
    manager.add(
      defineController({
        for: LocalResource,
        owns: [LocalProcess],
        watches: [source, byConfig],
        reconcile: async ({ name }) => void calls.add(name),
      }),
    );
    await manager.start();
    const owner = await client.create(LocalResource, "owner", { serveTemplate: spec });
    await expect.poll(() => calls.delete("owner")).toBe(true);
    await client.create(LocalProcess, { name: "p", ownerReferences: [ownerReferenceTo(owner)] }, spec);
    await expect.poll(() => calls.delete("owner")).toBe(true);
    await client.createObject(ConfigMap, { metadata: { name: "c" }, data: { for: "x" } });
    await expect.poll(() => calls.delete("x")).toBe(true);
    wake({ namespace: "default", name: "y" });
    await expect.poll(() => calls.delete("y")).toBe(true);
    await manager.stop();
    expect(isSubscribed).toBe(false);
  });

  test("tries again after a failure, later and later, and never takes others along", async ({
    client,
    managerWith,
  }) => {
    const clock = new FakeClock();
    const manager = managerWith(clock);
    const calls: Record<string, number> = {};
    manager.add(
      defineController({
        for: LocalProcess,
        reconcile: async ({ name }, { failures }) => {
          calls[name] = (calls[name] ?? 0) + 1;
          if (name === "bad" && failures < 2) throw new Error("not yet");
        },
      }),
    );
    await client.create(LocalProcess, "bad", spec);
    await manager.start();
    await client.create(LocalProcess, "good", spec);
    await expect.poll(() => calls).toEqual({ bad: 1, good: 1 });
    clock.advance(5);
    await expect.poll(() => calls["bad"]).toBe(2);
    clock.advance(10);
    await expect.poll(() => calls["bad"]).toBe(3);
    clock.advance(60_000);
    expect(manager.metrics()["localprocess"]).toMatchObject({
      reconciles: 4,
      errors: 2,
      retries: 2,
      depth: 0,
    });
  });

  test("looks again when it asked to", async ({ client, managerWith }) => {
    const clock = new FakeClock();
    const manager = managerWith(clock);
    let calls = 0;
    const reconcile = async () => (++calls < 3 ? { requeueAfterMs: 1_000 } : undefined);
    manager.add(defineController({ for: LocalProcess, reconcile }));
    await client.create(LocalProcess, "a", spec);
    await manager.start();
    await expect.poll(() => clock.pending).toBe(1);
    clock.advance(1_000);
    await expect.poll(() => clock.pending).toBe(1);
    clock.advance(1_000);
    await expect.poll(() => calls).toBe(3);
    expect(clock.pending).toBe(0);
  });

  test("that runs into a conflict looks again at once, without a word", async ({ client, managerWith }) => {
    const manager = managerWith(new FakeClock());
    let calls = 0;
    manager.add(
      defineController({
        for: LocalProcess,
        reconcile: async ({ name }) => {
          if (++calls === 1) throw conflict({ group: "", plural: "localprocesses", name });
        },
      }),
    );
    await client.create(LocalProcess, "a", spec);
    await manager.start();
    await expect.poll(() => calls).toBe(2);
    expect(manager.metrics()["localprocess"]?.errors).toBe(0);
  });

  test("that can never succeed says why on the object, and waits for it to change", async ({
    client,
    manager,
  }) => {
    let calls = 0;
    manager.add(
      defineController({
        for: LocalProcess,
        updates: exceptStatus,
        reconcile: async () => {
          calls++;
          throw new TerminalError({ reason: "NoSuchProgram", message: "there is no such program" });
        },
      }),
    );
    await client.create(LocalProcess, "a", spec);
    await manager.start();
    const read = async () => (await client.get(LocalProcess, "a"))?.status;
    await expect
      .poll(async () => findCondition((await read())?.conditions, "Ready"))
      .toMatchObject({
        status: "False",
        reason: "NoSuchProgram",
        message: "there is no such program",
        observedGeneration: 1,
      });
    expect(calls).toBe(1);
    const object = await client.get(LocalProcess, "a");
    await client.update(LocalProcess, object!, ({ spec }) => void (spec.argv = ["false"]));
    await expect.poll(async () => (await read())?.observedGeneration).toBe(2);
    expect(calls).toBe(2);
  });

  test("works on as many objects at once as it said, and on none twice", async ({ client, manager }) => {
    const running = new Map<string, () => void>();
    let most = 0;
    manager.add(
      defineController({
        for: LocalProcess,
        concurrency: 2,
        reconcile: async ({ name }) => {
          expect(running.has(name)).toBe(false);
          most = Math.max(most, running.size + 1);
          await new Promise<void>((resolve) => running.set(name, resolve));
          running.delete(name);
        },
      }),
    );
    for (const name of ["a", "b", "c"]) await client.create(LocalProcess, name, spec);
    await manager.start();
    await expect.poll(() => running.size).toBe(2);
    await client.patch(LocalProcess, "a", { metadata: { labels: { x: "1" } } });
    running.get("b")!();
    await expect.poll(() => running.has("c")).toBe(true);
    running.get("a")!();
    running.get("c")!();
    await expect.poll(() => [...running.keys()]).toEqual(["a"]);
    running.get("a")!();
    expect(most).toBe(2);
  });

  test("is waited for when the manager stops, and told to hurry", async ({ client, manager }) => {
    let isDone = false;
    let started = false;
    manager.add(
      defineController({
        for: LocalProcess,
        reconcile: async (_, { signal }) => {
          started = true;
          await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
          isDone = true;
        },
      }),
    );
    await client.create(LocalProcess, "a", spec);
    await manager.start();
    await expect.poll(() => started).toBe(true);
    await manager.stop();
    expect(isDone).toBe(true);
  });

  test("can hold an object until it has cleaned up after it", async ({ client, manager }) => {
    const finalizer = "tiltish.dev/test";
    const cleaned: string[] = [];
    manager.add(
      defineController({
        for: LocalProcess,
        reconcile: async (name) => {
          const object = await client.get(LocalProcess, name);
          if (!object) return;
          const held = await ensureFinalizer(client, { kind: LocalProcess, object, finalizer });
          if (!isBeingDeleted(held)) return;
          cleaned.push(name.name);
          await removeFinalizer(client, { kind: LocalProcess, object: held, finalizer });
        },
      }),
    );
    await manager.start();
    await client.create(LocalProcess, "a", spec);
    await client.waitFor(LocalProcess, "a", (object) => object?.metadata.finalizers?.length === 1);
    expect(await client.delete(LocalProcess, "a")).toMatchObject({ metadata: { name: "a" } });
    expect(await client.waitFor(LocalProcess, "a", (object) => !object)).toBeUndefined();
    expect(cleaned).toEqual(["a"]);
  });
});
