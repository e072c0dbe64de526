import { describe, expect } from "vitest";
import { CustomResourceDefinition } from "../../../apis/apiextensions/index.ts";
import { ConfigMap } from "../../../apis/core/index.ts";
import { ALL_KINDS } from "../../../apis/index.ts";
import type { AnyKind, Client } from "../../../client/index.ts";
import { ServedKinds } from "../../../controllers/runtime/index.ts";
import { FakeClock } from "../../client/fakeClock.ts";
import { create, define } from "../widgets.ts";
import { test } from "./fixture.ts";

const idOf = ({ plural, version }: AnyKind) => `${plural}/${version}`;
const custom = (kinds: readonly AnyKind[]) =>
  kinds.filter(({ group }) => group === "example.com").map((kind) => idOf(kind));

/** Takes the definition away, whoever holds it. */
async function undefine(client: Client, name = "widgets.example.com"): Promise<void> {
  await client.delete(CustomResourceDefinition, name);
  await client.patch(CustomResourceDefinition, name, { metadata: { finalizers: null } });
}

describe("the kinds that are served", () => {
  test("come and go with their definitions", async ({ client, manager, registry: _ }) => {
    const kinds = new ServedKinds(ALL_KINDS);
    await define(client);
    await manager.add(kinds).start();
    expect(custom(kinds.stored())).toEqual(["widgets/v1"]);
    await define(client, { plural: "gadgets", kind: "Gadget" });
    expect(custom(await kinds.read())).toEqual(["gadgets/v1", "widgets/v1"]);
    await expect.poll(() => custom(kinds.stored())).toEqual(["widgets/v1", "gadgets/v1"]);
    await undefine(client);
    expect(custom(await kinds.read())).toEqual(["gadgets/v1"]);
    await expect.poll(() => custom(kinds.stored())).toEqual(["gadgets/v1"]);
  });

  test("are each seen in one version, and found in all", async ({ client, manager, registry: _ }) => {
    const kinds = new ServedKinds(ALL_KINDS);
    await define(client, { versions: [{ name: "v2" }, { name: "v1" }, { name: "v3", served: false }] });
    await manager.add(kinds).start();
    expect(custom(kinds.stored())).toEqual(["widgets/v2"]);
    expect(kinds.stored().every(({ view }) => !view)).toBe(true);
    const find = (apiVersion: string, kind = "Widget") => {
      const found = kinds.find({ apiVersion, kind, name: "a", uid: "1" });
      return found && idOf(found);
    };
    expect(find("example.com/v1")).toBe("widgets/v2");
    expect(find("example.org/v1")).toBeUndefined();
    expect(find("v1", "ConfigMap")).toBe("configmaps/v1");
    expect(find("v1", "Widget")).toBeUndefined();
  });

  test("tell of their objects, whenever they come", async ({ client, manager, registry: _ }) => {
    const kinds = new ServedKinds(ALL_KINDS);
    const told: string[] = [];
    await client.createObject(ConfigMap, { metadata: { name: "old" } });
    await manager.add(kinds).start();
    const unfollow = kinds.follow(({ kind }) => ({
      added: ({ metadata }) => void told.push(`+${kind} ${metadata.name}`),
      deleted: ({ metadata }) => void told.push(`-${kind} ${metadata.name}`),
    }));
    expect(told).toContain("+ConfigMap old");
    const widgets = await define(client);
    await create(client, widgets, { name: "new" });
    await expect.poll(() => told).toContain("+Widget new");
    await client.delete(widgets, "new");
    await expect.poll(() => told).toContain("-Widget new");
    unfollow();
    await create(client, widgets, { name: "unseen" });
    await client.createObject(ConfigMap, { metadata: { name: "unseen" } });
    const informer = kinds.informer(widgets)!;
    await expect.poll(() => informer.list()).toHaveLength(1);
    expect(told.filter((line) => line.includes("unseen"))).toEqual([]);
  });

  test("tell what became of the last objects of one that went, and then no more", async ({
    client,
    managerWith,
    registry: _,
  }) => {
    const clock = new FakeClock();
    const manager = managerWith(clock);
    const kinds = new ServedKinds(ALL_KINDS);
    const told: string[] = [];
    const widgets = await define(client);
    await create(client, widgets, { name: "last" });
    await manager.add(kinds).start();
    kinds.follow(() => ({ deleted: ({ metadata }) => void told.push(metadata.name) }));
    const informer = kinds.informer(widgets)!;
    await informer.synced;
    await Promise.all([client.delete(widgets, "last"), undefine(client)]);
    await expect.poll(() => told).toEqual(["last", "widgets.example.com"]);
    expect(kinds.informer(widgets)).toBeUndefined();
    clock.advance(10_000);
    await define(client);
    await create(client, widgets, { name: "later" });
    await expect.poll(() => kinds.informer(widgets)?.list().length).toBe(1);
    expect(informer.list()).toEqual([]);
  });

  test("keep their informer while their schema changes", async ({ client, manager, registry: _ }) => {
    const kinds = new ServedKinds(ALL_KINDS);
    const widgets = await define(client);
    await manager.add(kinds).start();
    const informer = kinds.informer(widgets);
    expect(informer).toBeDefined();
    const definition = await client.get(CustomResourceDefinition, "widgets.example.com");
    await client.update(CustomResourceDefinition, definition!, ({ spec }) => {
      spec.versions[0]!.additionalPrinterColumns = [{ name: "A", type: "string", jsonPath: ".a" }];
    });
    await expect.poll(() => kinds.stored().some(({ columns }) => columns[0]?.name === "A")).toBe(true);
    expect(kinds.informer(widgets)).toBe(informer);
  });
});
