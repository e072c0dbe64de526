import { describe, expect } from "vitest";
import { type Dependency, FileWatch, LocalProcess } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { Dependents, evaluateDependencies } from "../../../controllers/runtime/dependencies.ts";
import { setCondition } from "../../../controllers/runtime/index.ts";
import { test } from "./fixture.ts";

const on = (...names: string[]) => names.map((name) => ({ kind: "LocalProcess", name }));

const create = (client: Client, name: string, dependsOn: Partial<Dependency>[] = []) =>
  client.create(LocalProcess, name, { argv: ["true"], dependsOn });

async function verdictOf(client: Client, name: string, since?: string) {
  return evaluateDependencies(client, (await client.get(LocalProcess, name))!, since);
}

async function set(client: Client, name: string, status: "True" | "False", more: object = {}) {
  const object = (await client.get(LocalProcess, name))!;
  const { generation: observedGeneration } = object.metadata;
  const ready = { type: "Ready", status, reason: "Test", message: "tcp 5432 refused", observedGeneration };
  await client.setStatus(LocalProcess, object, { conditions: setCondition(undefined, ready), ...more });
}

describe("a dependent", () => {
  test("waits for everyone who is not as wanted, and says why", async ({ client }) => {
    await create(client, "db");
    await create(client, "queue");
    await client.create(LocalProcess, "off", { argv: ["true"], disabled: true });
    await set(client, "queue", "False");
    await create(client, "web", [...on("db", "queue", "off", "gone"), { kind: "Nothing", name: "x" }]);
    const { waiting } = await verdictOf(client, "web");
    expect(waiting).toContain(
      "waits for LocalProcess/db (no condition Ready yet), LocalProcess/queue (Ready=False: tcp 5432 refused), " +
        "LocalProcess/off (it is disabled), LocalProcess/gone (it does not exist), Nothing/x (no such kind",
    );
  });

  test("goes on when the condition that it wants is True", async ({ client }) => {
    await create(client, "db");
    await create(client, "web", on("db"));
    await set(client, "db", "True");
    expect(await verdictOf(client, "web")).toEqual({});
    expect(await evaluateDependencies(client, await create(client, "alone"))).toEqual({});
  });

  test("does not trust a condition that describes an earlier spec", async ({ client }) => {
    await create(client, "db");
    await create(client, "web", on("db"));
    await set(client, "db", "True");
    await client.patch(LocalProcess, "db", { spec: { argv: ["false"] } });
    expect((await verdictOf(client, "web")).waiting).toContain("its spec before the last change");
  });

  test("runs again with onChange: Restart when the dependency has run since", async ({ client }) => {
    await create(client, "db");
    await create(client, "web", [{ ...on("db")[0], onChange: "Restart" }]);
    const cause = {
      type: "FileChange" as const,
      files: ["a"],
      fileCount: 1,
      time: "2026-01-01T00:00:00Z",
      traceparent: "00-a-b-01",
    };
    const startTime = "2026-01-01T00:00:05.000000Z";
    await set(client, "db", "True", { startTime, cause });
    expect(await verdictOf(client, "web", "2026-01-01T00:00:06.000000Z")).toEqual({});
    expect(await verdictOf(client, "web", "2026-01-01T00:00:04.000000Z")).toMatchObject({
      cause: {
        type: "Dependency",
        object: "LocalProcess/db",
        files: ["a"],
        time: startTime,
        traceparent: "00-a-b-01",
      },
    });
  });
});

describe("a circle of dependencies", () => {
  test("is named from where one stands", async ({ client }) => {
    await create(client, "a", on("b"));
    await create(client, "b", on("other", "c"));
    await create(client, "c", on("a"));
    await create(client, "outside", on("a"));
    const { cycle, waiting } = await verdictOf(client, "b");
    expect(cycle).toBe("LocalProcess/b → LocalProcess/c → LocalProcess/a → LocalProcess/b");
    expect(waiting).toContain(cycle);
    expect((await verdictOf(client, "outside")).cycle).toBeUndefined();
  });

  test("may be of one", async ({ client }) => {
    await create(client, "a", on("a"));
    expect((await verdictOf(client, "a")).cycle).toBe("LocalProcess/a → LocalProcess/a");
  });
});

describe("dependents", () => {
  test("are found by what they depend on, in their own namespace", async ({ client }) => {
    const dependents = new Dependents();
    dependents.note(await create(client, "web", [...on("db"), { kind: "FileWatch", name: "src" }]));
    const db = await create(client, "db");
    const src = await client.create(FileWatch, "src", { glob: "**" });
    const web = { namespace: "default", name: "web" };
    expect([dependents.of(db), dependents.of(src)]).toEqual([[web], [web]]);
    expect(dependents.of({ ...db, metadata: { ...db.metadata, namespace: "other" } })).toEqual([]);
    dependents.forget(web);
    expect(dependents.of(db)).toEqual([]);
  });
});
