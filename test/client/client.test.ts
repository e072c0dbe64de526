import { describe, expect } from "vitest";
import { ConfigMap } from "../../apis/core/index.ts";
import { TRIGGER_ANNOTATION } from "../../apis/meta.ts";
import { LocalProcess } from "../../apis/v1alpha1/index.ts";
import { test } from "../controllers/runtime/fixture.ts";

const spec = { argv: ["true"] };

describe("a client", () => {
  test("is at home in one namespace, and can name others", async ({ client }) => {
    await client.in("other").create(LocalProcess, "web", spec);
    expect(await client.get(LocalProcess, "web")).toBeUndefined();
    expect(await client.get(LocalProcess, { namespace: "other", name: "web" })).toMatchObject({ spec });
    expect((await client.list(LocalProcess)).items).toEqual([]);
    expect((await client.list(LocalProcess, { allNamespaces: true })).items).toHaveLength(1);
  });

  test("refuses an update from a stale read, and changes nothing", async ({ client }) => {
    const read = await client.create(LocalProcess, "web", { argv: ["old"] });
    const run = (argv: string[]) => client.update(LocalProcess, read, ({ spec }) => void (spec.argv = argv));
    const winner = await run(["first"]);
    await expect(run(["second"])).rejects.toMatchObject({ code: 409, reason: "Conflict" });
    expect(await client.get(LocalProcess, "web")).toEqual(winner);
  });

  test("never asks the server for an update that changes nothing", async ({ client }) => {
    const read = await client.create(LocalProcess, "web", spec);
    expect(await client.update(LocalProcess, read, () => undefined)).toBe(read);
  });

  test("says nothing of a deletion of what is not there, unless it must be", async ({ client }) => {
    expect(await client.delete(LocalProcess, "none")).toBeUndefined();
    await expect(client.delete(LocalProcess, "none", { mustExist: true })).rejects.toMatchObject({
      reason: "NotFound",
    });
  });
});

describe("a status", () => {
  test("is written with its generation, and only if it differs", async ({ client }) => {
    const object = await client.create(LocalProcess, "web", spec);
    const written = await client.setStatus(LocalProcess, object, {
      state: "Running",
      pid: 7,
      message: undefined,
    });
    expect(written.status).toMatchObject({ state: "Running", pid: 7, observedGeneration: 1 });
    const again = await client.setStatus(LocalProcess, written, {
      state: "Running",
      pid: 7,
      exitCode: undefined,
    });
    expect(again.metadata.resourceVersion).toBe(written.metadata.resourceVersion);
  });

  test("is written over a change of anything else, and describes what was looked at", async ({ client }) => {
    const object = await client.create(LocalProcess, "web", spec);
    await client.update(LocalProcess, object, ({ spec }) => void (spec.argv = ["false"]));
    const written = await client.setStatus(LocalProcess, object, { state: "Running" });
    expect(written).toMatchObject({
      metadata: { generation: 2 },
      spec: { argv: ["false"] },
      status: { state: "Running", observedGeneration: 1 },
    });
  });

  test("of an object that has been replaced is not given to its successor", async ({ client }) => {
    const object = await client.create(LocalProcess, "web", spec);
    await client.delete(LocalProcess, "web");
    await expect(client.setStatus(LocalProcess, object, { state: "Running" })).rejects.toMatchObject({
      reason: "NotFound",
    });
    const successor = await client.create(LocalProcess, "web", spec);
    await expect(client.setStatus(LocalProcess, object, { state: "Running" })).rejects.toMatchObject({
      reason: "Conflict",
    });
    expect(await client.get(LocalProcess, "web")).toEqual(successor);
  });

  test("can be changed in part", async ({ client }) => {
    const object = await client.create(LocalProcess, "web", spec);
    const running = await client.updateStatus(
      LocalProcess,
      object,
      (status) => void (status.state = "Running"),
    );
    const ready = await client.updateStatus(LocalProcess, running, (status) => void (status.ready = true));
    expect(ready.status).toMatchObject({ state: "Running", ready: true });
  });
});

describe("an apply", () => {
  const wanted = (argv: string[], labels?: Record<string, string>) => ({
    metadata: { name: "web", labels },
    spec: { argv },
  });

  test("creates, then changes, then leaves alone", async ({ client }) => {
    const created = await client.apply(LocalProcess, wanted(["a"]));
    expect(created.metadata.generation).toBe(1);
    const changed = await client.apply(LocalProcess, wanted(["b"]));
    expect(changed).toMatchObject({ metadata: { generation: 2 }, spec: { argv: ["b"] } });
    expect(await client.apply(LocalProcess, wanted(["b"]))).toEqual(changed);
  });

  test("takes away what it no longer names, but nothing that others have set", async ({ client }) => {
    const object = await client.apply(LocalProcess, wanted(["a"], { old: "1" }));
    await client.setStatus(LocalProcess, object, { state: "Running" });
    await client.patch(LocalProcess, "web", { metadata: { annotations: { [TRIGGER_ANNOTATION]: "7" } } });
    const applied = await client.apply(LocalProcess, wanted(["a"]));
    expect(applied.metadata.labels ?? {}).toEqual({});
    expect(applied).toMatchObject({
      metadata: { annotations: { [TRIGGER_ANNOTATION]: "7" } },
      status: { state: "Running" },
    });
  });

  test("rule 70: is refused what another manager has set, unless it is forced", async ({ client }) => {
    await client.apply(LocalProcess, wanted(["a"]), { fieldManager: "other" });
    const refused = client.apply(LocalProcess, wanted(["b"]));
    await expect(refused).rejects.toMatchObject({
      reason: "Conflict",
      message: 'Apply failed with 1 conflict: conflict with "other": .spec.argv',
    });
    expect(await client.apply(LocalProcess, wanted(["b"]), { force: true })).toMatchObject({
      spec: { argv: ["b"] },
    });
  });

  test("says in a dry run what it would do, and does not", async ({ client }) => {
    await client.apply(LocalProcess, wanted(["a"]));
    const tried = await client.apply(LocalProcess, wanted(["b"]), { dryRun: true });
    expect(tried).toMatchObject({ spec: { argv: ["b"] } });
    expect(await client.get(LocalProcess, "web")).toMatchObject({ spec: { argv: ["a"] } });
  });

  test("rule 59: sets the status alone where it is told to", async ({ client }) => {
    await client.apply(LocalProcess, wanted(["a"]));
    const status = { ...wanted(["b"]), status: { state: "Running" as const } };
    expect(await client.apply(LocalProcess, status, { subresource: "status" })).toMatchObject({
      spec: { argv: ["a"] },
      status: { state: "Running" },
    });
  });

  test("works for kinds without a spec, and for parts of an object", async ({ client }) => {
    const metadata = { name: "c" };
    await client.apply(ConfigMap, {
      metadata: { ...metadata, finalizers: ["x.dev/hold"] },
      data: { a: "1", b: "2" },
    });
    await client.in("default").apply(ConfigMap, { metadata, data: { c: "3" } }, { fieldManager: "other" });
    await client.apply(ConfigMap, { metadata, data: { a: "1" } });
    expect(await client.get(ConfigMap, "c")).toMatchObject({ data: { a: "1", c: "3" } });
    expect((await client.get(ConfigMap, "c"))?.metadata).not.toHaveProperty("finalizers");
  });
});
