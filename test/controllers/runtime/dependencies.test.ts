import { describe, expect } from "vitest";
import { type Dependency, FileWatch, LocalProcess, LocalResource } from "../../../apis/v1alpha1/index.ts";
import { Client } from "../../../client/index.ts";
import { inProcessTransport } from "../../../server/inprocess.ts";
import { Dependents, evaluateDependencies } from "../../../controllers/runtime/dependencies.ts";
import { setCondition } from "../../../controllers/runtime/index.ts";
import { test } from "./fixture.ts";

const TIME = "2026-01-01T00:00:00.000000Z";

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
    expect(waiting?.replace(/\d\d:\d\d:\d\d/, "TIME")).toContain(
      "waits for LocalProcess/db (no condition Ready yet), LocalProcess/queue (not ready since TIME: tcp 5432 refused), " +
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

describe("whoever waits by way of others", () => {
  test("is told who is at the root of it, and what that one wrote last", async ({
    store,
    registry,
    client,
  }) => {
    const logSource = async function* () {
      yield Buffer.from("first\n\u001b[31mFATAL: data directory\u001b[0m\n[tiltish] stopped\n");
    };
    const withLog = new Client(inProcessTransport({ store, registry, logSource }));
    await create(client, "disk");
    await set(client, "disk", "False", { run: 1, state: "Running" });
    await create(client, "db", on("disk"));
    await set(client, "db", "False", { state: "Waiting" });
    await create(client, "api", on("db"));
    const web = await create(client, "web", on("api"));
    await set(client, "api", "False", { state: "Waiting" });
    const { waiting, detail } = await evaluateDependencies(withLog, web);
    expect(waiting).toMatch(
      /^waits for LocalProcess\/api, held up by LocalProcess\/disk \(not ready since [\d:]{8}: tcp 5432 refused\)$/,
    );
    expect(detail).toBe(waiting?.replace(/\)$/, '; last log: "FATAL: data directory")'));
  });

  test("is told of the root that can never be met", async ({ client }) => {
    await create(client, "db", on("gone"));
    await set(client, "db", "False");
    await create(client, "api", on("db"));
    expect(await verdictOf(client, "api")).toMatchObject({
      waiting: "waits for LocalProcess/db, held up by LocalProcess/gone (it does not exist)",
      unmet: { reason: "Missing" },
    });
  });

  test("does not go round in a circle that others make", async ({ client }) => {
    await create(client, "a", on("b"));
    await create(client, "b", on("a"));
    await set(client, "a", "False");
    await set(client, "b", "False");
    await create(client, "outside", on("a"));
    expect((await verdictOf(client, "outside")).waiting).toContain("waits for LocalProcess/a, held up by");
  });
});

describe("a dependency that will not come by itself", () => {
  const CASES: [reason: string, spec: object, status: object | undefined, condition?: string][] = [
    ["Disabled", { disabled: true }, undefined],
    ["Failed", {}, { state: "Failed", message: "exited with code 1" }],
    ["Stopped", {}, { state: "Waiting", message: "stopped by hand; tiltish start db runs it again" }],
    ["NeverEnds", { daemon: true }, { state: "Running" }, "Completed"],
    ["NoSuchCondition", {}, { state: "Running" }, "Redy"],
  ];

  for (const [reason, spec, status, condition = "Ready"] of CASES) {
    test(`is one for the reason ${reason}`, async ({ client }) => {
      await client.create(LocalProcess, "db", { argv: ["true"], ...spec });
      if (status) await set(client, "db", "False", status);
      await create(client, "web", [{ ...on("db")[0], condition }]);
      const { unmet, waiting } = await verdictOf(client, "web");
      expect(unmet).toMatchObject({ reason, message: expect.stringContaining("LocalProcess/db") as string });
      expect(waiting).toBeDefined();
    });
  }

  test("is not one that only takes its time", async ({ client }) => {
    await create(client, "db");
    await create(client, "web", on("db"));
    expect(await verdictOf(client, "web")).not.toHaveProperty("unmet");
    for (const state of ["Starting", "BackOff", "Waiting"]) {
      await set(client, "db", "False", { state });
      expect(await verdictOf(client, "web")).not.toHaveProperty("unmet");
    }
  });
});

describe("Started, Completed and Finished", () => {
  const of = async (client: Client, kind: typeof LocalProcess | typeof LocalResource, status: object) => {
    const spec = kind === LocalResource ? { serveTemplate: { argv: ["true"] } } : { argv: ["true"] };
    const object = (await client.get(kind, "db")) ?? (await client.create(kind, "db", spec));
    await client.setStatus(kind, object, status);
    const hold = async (condition: string) => {
      const web = { ...object, metadata: { ...object.metadata, name: "web" } };
      const dependsOn = [{ kind: kind.kind, name: "db", condition, onChange: "Ignore" }];
      return !(await evaluateDependencies(client, { ...web, spec: { dependsOn } })).waiting;
    };
    const names = ["Started", "Completed", "Finished"];
    const all = await Promise.all(names.map(async (name) => ((await hold(name)) ? name : "")));
    return all.filter(Boolean).join(" ");
  };

  test("follow from the state of a process", async ({ client }) => {
    expect(await of(client, LocalProcess, { state: "Starting" })).toBe("");
    expect(await of(client, LocalProcess, { state: "Running" })).toBe("Started");
    expect(await of(client, LocalProcess, { state: "BackOff" })).toBe("");
    expect(await of(client, LocalProcess, { state: "Failed" })).toBe("Finished");
    expect(await of(client, LocalProcess, { state: "Succeeded" })).toBe("Started Completed Finished");
  });

  test("follow from the build and the server of a resource", async ({ client }) => {
    const built = { startTime: TIME, finishTime: TIME };
    const status = (more: object) => ({ state: "Serving", ...more });
    expect(await of(client, LocalResource, status({ build: { startTime: TIME } }))).toBe("");
    expect(await of(client, LocalResource, status({ build: built, serve: { state: "Running" } }))).toBe(
      "Started",
    );
    expect(await of(client, LocalResource, status({ build: { ...built, error: "x" } }))).toBe("Finished");
    expect(await of(client, LocalResource, status({ build: built, serve: { state: "Succeeded" } }))).toBe(
      "Started Completed Finished",
    );
  });
});
