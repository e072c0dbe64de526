import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test as base } from "vitest";
import { ConfigMap } from "../../apis/core/index.ts";
import type { Transport } from "../../apis/transport.ts";
import {
  Client,
  discoverKinds,
  dynamicKind,
  HttpTransport,
  silentLog,
  type AnyKind,
} from "../../client/index.ts";
import { openServer, type Server, type ServerOptions } from "../../server/index.ts";
import { create, define } from "../controllers/widgets.ts";

/** A server that may be opened again, over what it has stored, and a client over its unix socket. */
class World {
  readonly directory: string;
  http!: HttpTransport;
  client!: Client;
  #server: Server | undefined;

  constructor(directory: string) {
    this.directory = directory;
  }

  get inProcess(): Client {
    return new Client(this.#server!.transport);
  }

  async open(options: Partial<ServerOptions> = {}): Promise<void> {
    const { directory } = this;
    const onFatal = (error: Error) => {
      throw error;
    };
    this.#server = await openServer({
      stateDirectory: directory,
      root: directory,
      log: silentLog,
      onFatal,
      ...options,
    });
    const socketPath = join(directory, "api.sock");
    await this.#server.listen({ port: 0, socketPath });
    this.http ??= new HttpTransport({ socketPath, token: this.#server.token });
    this.client ??= new Client(this.http);
  }

  async close(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }
}

const test = base.extend<{ world: World }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures from the pattern
  world: async ({}, use) => {
    const directory = await mkdtemp(join(tmpdir(), "tiltish-client-"));
    const world = new World(directory);
    await world.open();
    await use(world);
    world.http.close();
    await world.close();
    await rm(directory, { recursive: true, force: true });
  },
});

const config = (client: Client, name: string, labels = {}) =>
  client.createObject(ConfigMap, { metadata: { name, labels }, data: { a: "1" } });

/** The requests that a transport is asked for, as they are. */
function overheard(transport: Transport): { transport: Transport; asked: string[] } {
  const asked: string[] = [];
  const hear = (name: "list" | "watch") => ({
    value: (resource: never, options: never) => {
      asked.push(name);
      return transport[name](resource, options);
    },
  });
  return {
    asked,
    transport: Object.create(transport, { list: hear("list"), watch: hear("watch") }) as Transport,
  };
}

describe("an informer over HTTP", () => {
  test("rule 92: asks for the present state and what follows in one", async ({ world }) => {
    await config(world.client, "old");
    const { asked, transport } = overheard(world.http);
    const informer = new Client(transport).informer(ConfigMap).start();
    await informer.synced;
    expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(["old"]);
    await config(world.client, "new");
    await expect.poll(() => informer.list()).toHaveLength(2);
    await world.client.delete(ConfigMap, "old");
    await expect.poll(() => informer.list()).toHaveLength(1);
    expect(asked).toEqual(["watch"]);
    await informer.stop();
  });

  test("has synced with an empty collection too", async ({ world }) => {
    const informer = world.client.informer(ConfigMap).start();
    await informer.synced;
    expect(informer.list()).toEqual([]);
    await informer.stop();
  });

  test("goes on where it was when the server comes back", async ({ world }) => {
    await config(world.client, "old");
    const informer = world.client.informer(ConfigMap).start();
    const told: string[] = [];
    informer.on({
      added: ({ metadata }) => void told.push(`+${metadata.name}`),
      deleted: ({ metadata }) => void told.push(`-${metadata.name}`),
    });
    await informer.synced;
    await world.close();
    await world.open();
    await config(world.inProcess, "new");
    await world.inProcess.delete(ConfigMap, "old");
    await expect.poll(() => told).toEqual(["+old", "+new", "-old"]);
    await informer.stop();
  });

  test("tells the difference when the server has forgotten where it was", async ({ world }) => {
    await config(world.client, "old");
    await config(world.client, "same");
    const informer = world.client.informer(ConfigMap).start();
    const told: string[] = [];
    informer.on({
      added: ({ metadata }) => void told.push(`+${metadata.name}`),
      updated: ({ metadata }) => void told.push(metadata.name),
      deleted: ({ metadata }) => void told.push(`-${metadata.name}`),
    });
    await informer.synced;
    await world.close();
    await world.open({ history: { minAgeMs: 0, minCount: 0, maxCount: 1 } });
    await world.inProcess.delete(ConfigMap, "old");
    for (const name of ["one", "two"]) await config(world.inProcess, name);
    await expect.poll(() => told).toHaveLength(5);
    expect(told.toSorted()).toEqual(["+old", "+one", "+same", "+two", "-old"]);
    await informer.stop();
  });
});

describe.each(["http", "inProcess"] as const)("metadata only, %s", (way) => {
  const clientOf = (world: World) => (way === "http" ? world.client : world.inProcess);
  const partial = { apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadata" };

  test("rule 41: is listed", async ({ world }) => {
    await config(world.client, "a", { app: "web" });
    await config(world.client, "b");
    const client = clientOf(world);
    const { items, metadata } = await client.listMetadata(ConfigMap, { labelSelector: "app=web" });
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ ...partial, metadata: { name: "a", labels: { app: "web" } } });
    expect(items[0]).not.toHaveProperty("data");
    expect(Number(metadata.resourceVersion)).toBeGreaterThan(0);
    expect((await client.list(ConfigMap)).items[0]).toMatchObject({ data: { a: "1" } });
  });

  test("rule 41: is kept up to date", async ({ world }) => {
    await config(world.client, "a");
    const withoutLabels = (object: Awaited<ReturnType<typeof create>>) => {
      const { labels: _, ...metadata } = object.metadata;
      return { ...object, metadata };
    };
    const informer = clientOf(world).metadataInformer(ConfigMap, { transform: withoutLabels }).start();
    await informer.synced;
    await config(world.client, "b", { app: "web" });
    await expect.poll(() => informer.list()).toHaveLength(2);
    for (const object of informer.list()) {
      expect(object).toMatchObject(partial);
      expect(object).not.toHaveProperty("data");
      expect(object.metadata).not.toHaveProperty("labels");
    }
    await world.client.delete(ConfigMap, "a");
    await expect.poll(() => informer.list()).toHaveLength(1);
    await informer.stop();
  });

  test("rule 104: a collection is deleted, and what went is told", async ({ world }) => {
    const client = clientOf(world);
    await config(client, "a", { app: "web" });
    await config(client, "b");
    const tried = await client.deleteCollection(ConfigMap, { dryRun: true });
    expect(tried).toHaveLength(2);
    const deleted = await client.deleteCollection(ConfigMap, { labelSelector: "app=web" });
    expect(deleted.map(({ metadata }) => metadata.name)).toEqual(["a"]);
    const orphaned = await client.deleteCollection(ConfigMap, { propagationPolicy: "Orphan" });
    expect(orphaned.map(({ metadata }) => metadata.finalizers)).toEqual([["orphan"]]);
  });
});

test("a kind is found by discovery, and used without a type of its own", async ({ world }) => {
  const { client } = world;
  await define(client);
  const kinds = (await discoverKinds(world.http)).map(dynamicKind);
  const find = (wanted: string): AnyKind => kinds.find(({ kind }) => kind === wanted)!;
  const widgets = find("Widget");
  await create(client, widgets, { name: "a" });
  const patched = await client.patch(widgets, "a", { metadata: { labels: { a: "b" } } });
  expect(patched.metadata.labels).toEqual({ a: "b" });
  const found = await client.waitFor(widgets, "a", (object) => object?.metadata.labels?.["a"] === "b");
  expect(found).toEqual(patched);
  await client.delete(widgets, "a");
  expect((await client.list(widgets)).items).toEqual([]);
  const process = find("LocalProcess");
  expect(process.subresources).toMatchObject({ status: true, log: true });
  expect(find("Namespace").namespaced).toBe(false);
});
