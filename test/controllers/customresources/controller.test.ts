import { describe, expect } from "vitest";
import { conditionOf, CustomResourceDefinition } from "../../../apis/apiextensions/index.ts";
import { ALL_KINDS } from "../../../apis/index.ts";
import type { AnyKind, Client } from "../../../client/index.ts";
import { customResourceController } from "../../../controllers/customresources/index.ts";
import { Manager, ServedKinds } from "../../../controllers/runtime/index.ts";
import { test as base } from "../runtime/fixture.ts";
import { create, define } from "../widgets.ts";

function controlled(client: Client): Manager {
  const kinds = new ServedKinds(ALL_KINDS);
  return new Manager({ client }).add(kinds).add(customResourceController({ kinds }));
}

const test = base.extend<{ running: Manager }>({
  running: async ({ client, registry: _ }, use) => {
    const manager = controlled(client);
    await manager.start();
    await use(manager);
    await manager.stop();
  },
});

const NAME = "widgets.example.com";
const remove = (client: Client) => client.delete(CustomResourceDefinition, NAME);
const isGone = (client: Client) => client.waitFor(CustomResourceDefinition, NAME, (object) => !object);
const terminating = async (client: Client) => {
  const definition = await client.get(CustomResourceDefinition, NAME);
  return definition && conditionOf(definition, "Terminating");
};
const all = (client: Client, kind: AnyKind) => client.list(kind, { allNamespaces: true });
const names = async (client: Client, kind: AnyKind) =>
  (await all(client, kind)).items.map(({ metadata }) => metadata.name);

describe("a CustomResourceDefinition that is deleted", () => {
  test("takes all its objects along, in every namespace, and nothing else", async ({
    client,
    running: _,
  }) => {
    const widgets = await define(client);
    const gadgets = await define(client, { plural: "gadgets", kind: "Gadget" });
    await create(client, widgets, { name: "one" });
    await create(client.in("other"), widgets, { name: "two" });
    await create(client, gadgets, { name: "other" });
    await remove(client);
    await isGone(client);
    await expect(client.list(widgets)).rejects.toMatchObject({ code: 404 });
    expect(await names(client, gadgets)).toEqual(["other"]);
    await define(client);
    expect(await names(client, widgets)).toEqual([]);
  });

  test("takes those along that are not in namespaces", async ({ client, running: _ }) => {
    const widgets = await define(client, { scope: "Cluster" });
    await create(client, widgets, { name: "one" });
    await remove(client);
    await isGone(client);
    await define(client, { scope: "Cluster" });
    expect(await names(client, widgets)).toEqual([]);
  });

  test("goes at once when it has none", async ({ client, running: _ }) => {
    await define(client);
    await remove(client);
    await isGone(client);
  });

  test("goes when it never was established", async ({ client, running: _ }) => {
    await define(client);
    const definition = await client.get(CustomResourceDefinition, NAME);
    await client.updateStatus(CustomResourceDefinition, definition!, (status) => {
      status.conditions = [{ type: "Established", status: "False" }];
    });
    await remove(client);
    await isGone(client);
  });

  test("waits for objects that finalizers hold, and says so", async ({ client, running: _ }) => {
    const widgets = await define(client);
    await create(client, widgets, { name: "free" });
    await create(client, widgets, { name: "held", finalizers: ["test.dev/hold"] });
    await remove(client);
    await expect
      .poll(() => terminating(client))
      .toMatchObject({
        status: "True",
        reason: "InstanceDeletionInProgress",
        message: expect.stringContaining(
          "1 instances remain, held by the finalizers test.dev/hold",
        ) as string,
      });
    expect(await names(client, widgets)).toEqual(["held"]);
    await client.patch(widgets, "held", { metadata: { finalizers: null } });
    await isGone(client);
  });

  test("takes no new objects, and lets those that it has be changed", async ({ client, running: _ }) => {
    const widgets = await define(client);
    await create(client, widgets, { name: "held", finalizers: ["test.dev/hold"] });
    const [, late] = await Promise.allSettled([remove(client), create(client, widgets, { name: "late" })]);
    expect(late).toMatchObject({ status: "rejected", reason: { code: 405, reason: "MethodNotAllowed" } });
    await expect(create(client, widgets, { name: "late" })).rejects.toMatchObject({ code: 405 });
    const body = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "late" } };
    await expect(
      client.patch(widgets, "late", body, { type: "apply", fieldManager: "test" }),
    ).rejects.toMatchObject({ code: 405 });
    const labelled = await client.patch(widgets, "held", { metadata: { labels: { a: "b" } } });
    expect(labelled.metadata.labels).toEqual({ a: "b" });
    await client.patch(widgets, "held", { metadata: { finalizers: null } });
    await isGone(client);
    await expect(create(client, widgets, { name: "late" })).rejects.toMatchObject({ code: 404 });
  });

  test("goes on going when the server comes back", async ({ client, registry: _ }) => {
    const first = controlled(client);
    await first.start();
    const widgets = await define(client);
    await create(client, widgets, { name: "held", finalizers: ["test.dev/hold"] });
    await remove(client);
    await expect.poll(() => terminating(client)).toMatchObject({ status: "True" });
    await first.stop();
    await client.patch(widgets, "held", { metadata: { finalizers: null } });
    expect(await client.get(CustomResourceDefinition, NAME)).toBeTruthy();
    const second = controlled(client);
    await second.start();
    await isGone(client);
    await second.stop();
  });

  test("takes a thousand objects along", async ({ client, running: _ }) => {
    const widgets = await define(client);
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => create(client, widgets, { name: `w${i}` })));
    await remove(client);
    await isGone(client);
    await define(client);
    expect(await names(client, widgets)).toEqual([]);
  });
});
