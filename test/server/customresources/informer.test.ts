import { expect } from "vitest";
import { Informer } from "../../../client/index.ts";
import { inProcessTransport } from "../../../server/inprocess.ts";
import type { Registry } from "../../../server/registry/index.ts";
import { test } from "../../helpers/registry.ts";
import { Definition, servedKind, version, widget, widgets } from "./fixture.ts";

const RESOURCE = { group: "example.com", version: "v1", plural: "widgets" };
const v2IsStored = { versions: [version({ storage: false }), version({ name: "v2" })] };
const withShortName = { names: { shortNames: ["w"] } };
const redefine = (registry: Registry, spec: object) =>
  registry.patch(
    { kind: Definition, namespace: "", name: "widgets.example.com" },
    { type: "merge", body: { spec } },
    {},
  );
const create = (registry: Registry, name: string) =>
  registry.create(
    { kind: servedKind(registry), namespace: "default" },
    { ...widget(), metadata: { name } },
    {},
  );

test("rule 90: inside the process, too, a watch ends with the kind that it shows", async ({
  registry,
  store,
}) => {
  await registry.create({ kind: Definition }, widgets(), {});
  const transport = inProcessTransport({ registry, store });
  const events = transport.watch(RESOURCE)[Symbol.asyncIterator]();
  const first = events.next();
  await create(registry, "one");
  expect((await first).value).toMatchObject({ type: "ADDED", object: { apiVersion: "example.com/v1" } });
  const late = transport.watch(RESOURCE);
  await redefine(registry, v2IsStored);
  expect(await events.next()).toMatchObject({ done: true });
  // One that was asked for before and begins only now has nothing to tell.
  expect(await late[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
});

test("an informer goes on by itself when the definition of its kind changes, and misses nothing", async ({
  registry,
  store,
}) => {
  await registry.create({ kind: Definition }, widgets(), {});
  await create(registry, "a");
  await create(registry, "b");
  const informer = new Informer(inProcessTransport({ registry, store }), servedKind(registry)).start();
  await informer.synced;
  const shown = () => informer.list().map(({ apiVersion, metadata }) => `${apiVersion} ${metadata.name}`);
  for (const [spec, gone, come, left] of [
    [v2IsStored, "a", "c", ["b", "c"]],
    [withShortName, "b", "d", ["c", "d"]],
  ] as const) {
    await redefine(registry, spec);
    await registry.delete({ kind: servedKind(registry), namespace: "default", name: gone }, {});
    await create(registry, come);
    await expect.poll(shown).toEqual(left.map((name) => `example.com/v1 ${name}`));
  }
  await informer.stop();
});
