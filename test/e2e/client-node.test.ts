import {
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  Watch,
  type KubernetesObject,
} from "@kubernetes/client-node";
import { describe, expect, test as plain } from "vitest";
import { type KubeObject } from "../../apis/meta.ts";
import { ours, test as base } from "../helpers/tiltish.ts";
import { configMap, TestServer } from "../server/http/harness.ts";

const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    names: { kind: "Widget", plural: "widgets" },
    scope: "Namespaced",
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", properties: { size: { type: "integer" } } } },
          },
        },
      },
    ],
  },
};

/** A kind, where it is, and one of its objects. */
interface Sample {
  path: string;
  apiVersion: string;
  kind: string;
  body: object;
}

const SAMPLES: Sample[] = [
  { path: "/api/v1", apiVersion: "v1", kind: "ConfigMap", body: { data: { a: "1" } } },
  { path: "/apis/example.com/v1", apiVersion: "example.com/v1", kind: "Widget", body: { spec: { size: 1 } } },
  {
    path: "/apis/tiltish.dev/v1alpha1",
    apiVersion: "tiltish.dev/v1alpha1",
    kind: "LocalProcess",
    body: { spec: { argv: ["true"], disabled: true } },
  },
];

const pathOf = ({ path, kind }: Sample): string => {
  const plural = kind === "LocalProcess" ? "localprocesses" : `${kind.toLowerCase()}s`;
  return `${path}/namespaces/default/${plural}`;
};

const objectOf = ({ apiVersion, kind, body }: Sample, name: string, labels: Record<string, string> = {}) => ({
  apiVersion,
  kind,
  metadata: { name, namespace: "default", labels },
  ...body,
});

/** Everything of any kind, by the discovery of the server. */
const apiOf = (config: KubeConfig) => KubernetesObjectApi.makeApiClient(config);

/** Changes what is given. */
const merge = (api: KubernetesObjectApi, object: KubernetesObject) =>
  api.patch(object, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch);

/** A new one after each restart of the server, whose port may be another. */
function configOf(file: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(file);
  return config;
}

const test = base.extend<{ config: KubeConfig; api: KubernetesObjectApi }>({
  config: ({ session }, use) => use(configOf(session.kubeconfig)),
  api: async ({ config }, use) => {
    const api = apiOf(config);
    await api.create(definition);
    await use(api);
  },
});

interface Told {
  informer: ReturnType<typeof makeInformer>;
  seen: string[];
  errors: unknown[];
}

/** An informer, and what it tells. */
function inform(config: KubeConfig, sample: Sample, labelSelector?: string): Told {
  const { apiVersion, kind } = sample;
  const list = () =>
    apiOf(config).list(
      apiVersion,
      kind,
      "default",
      undefined,
      undefined,
      undefined,
      undefined,
      labelSelector,
    );
  const informer = makeInformer(config, pathOf(sample), list, labelSelector);
  const [seen, errors]: [string[], unknown[]] = [[], []];
  for (const event of ["add", "update", "delete"] as const) {
    informer.on(event, ({ metadata }) => void seen.push(`${event} ${metadata?.name}`));
  }
  informer.on("connect", () => void seen.push("connect"));
  informer.on("error", (error) => void errors.push(error));
  return { informer, seen, errors };
}

describe("the informer of the official JavaScript client, on kinds of every sort,", () => {
  test("rule 97: tells what comes, changes and goes, and goes on after a crash of the server", async ({
    session,
    config,
    api,
  }) => {
    const told = SAMPLES.map((sample) => ({ sample, ...inform(config, sample) }));
    for (const { sample, informer } of told) {
      await api.create(objectOf(sample, "old"));
      await informer.start();
      await api.create(objectOf(sample, "new"));
      await merge(api, objectOf(sample, "new", { a: "b" }));
      await api.delete(objectOf(sample, "new"));
    }
    for (const { seen } of told) {
      await expect.poll(() => seen).toContain("delete new");
      expect(seen.filter((line) => line.endsWith("new")).slice(0, 2)).toEqual(["add new", "update new"]);
      expect(seen.slice(0, 2)).toEqual(["connect", "add old"]);
    }

    const { port } = new URL(config.getCurrentCluster()!.server);
    await session.crash();
    for (const { errors } of told) await expect.poll(() => errors).toHaveLength(1);
    await session.serve("--port", port);
    for (const { sample, seen } of told) {
      seen.length = 0;
      await api.create(objectOf(sample, "later"));
      await api.delete(objectOf(sample, "old"));
    }
    for (const { informer, seen } of told) {
      await informer.start();
      await expect.poll(() => seen).toContain("delete old");
      expect(seen.filter((line) => !line.startsWith("update"))).toEqual([
        "connect",
        "add later",
        "delete old",
      ]);
      expect(informer.list("default").map(({ metadata }) => metadata?.name)).toEqual(["later"]);
      await informer.stop();
    }
  });

  test("tells who begins and who ceases to match its selector", async ({ config, api }) => {
    for (const sample of SAMPLES) {
      const { informer, seen } = inform(config, sample, "app=web");
      const label = (app: string) => merge(api, objectOf(sample, "a", { app }));
      await api.create(objectOf(sample, "a", { app: "db" }));
      await informer.start();
      await label("web");
      await expect.poll(() => seen).toContain("add a");
      await label("db");
      await expect.poll(() => seen).toContain("delete a");
      await label("web");
      await api.delete(objectOf(sample, "a"));
      await expect.poll(() => seen.filter((line) => line === "delete a")).toHaveLength(2);
      expect(seen.filter((line) => line === "add a")).toHaveLength(2);
      await informer.stop();
    }
  });

  test("hears of its mistakes: a path that is not there, and a token that is none", async ({ config }) => {
    const missing = inform(config, {
      path: "/apis/none.dev/v1",
      apiVersion: "v1",
      kind: "Configmap",
      body: {},
    });
    await missing.informer.start();
    await expect.poll(() => missing.errors).toHaveLength(1);

    const stranger = new KubeConfig();
    stranger.loadFromString(config.exportConfig());
    (stranger.users[0] as { token: string }).token = "none";
    const refused = inform(stranger, SAMPLES[0]!);
    await refused.informer.start();
    await expect.poll(() => refused.errors).toHaveLength(1);
    expect(refused.errors[0]).toMatchObject({ code: 401 });
  });
});

/** What `tiltish serve` writes for a server of this very process. */
function configFor(server: TestServer): KubeConfig {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [
      {
        name: "c",
        server: server.http.address.url!,
        caData: Buffer.from(server.cert).toString("base64"),
      },
    ],
    users: [{ name: "u", token: server.token }],
    contexts: [{ name: "x", cluster: "c", user: "u" }],
    currentContext: "x",
  });
  return config;
}

plain("rule 97: an informer lists anew when the server has forgotten where it was", async () => {
  const server = await TestServer.start({ maxHistory: 1 });
  try {
    const config = configFor(server);
    const core = config.makeApiClient(CoreV1Api);
    const { informer, seen, errors } = inform(config, SAMPLES[0]!);
    await server.create("gone");
    await server.create("same");
    await informer.start();
    await informer.stop();
    await core.deleteNamespacedConfigMap({ namespace: "default", name: "gone" });
    for (const name of ["x", "y", "new"]) await server.create(name);
    for (const name of ["x", "y"]) await core.deleteNamespacedConfigMap({ namespace: "default", name });
    await server.store.compact();
    seen.length = 0;
    await informer.start();
    await expect.poll(() => seen).toContain("add new");
    expect(seen).toEqual(["connect", "connect", "delete gone", "add new"]);
    await server.create("live");
    await expect.poll(() => seen).toContain("add live");
    // What it calls an error is its own stop.
    expect(errors).toMatchObject([{ name: "AbortError" }]);
    await informer.stop();
  } finally {
    await server.stop();
  }
});

describe("KubernetesObjectApi, which knows kinds from discovery only,", () => {
  test("creates, reads, lists, patches, replaces and deletes objects of every kind", async ({ api }) => {
    for (const sample of SAMPLES) {
      const { apiVersion, kind } = sample;
      const header = { apiVersion, kind, metadata: { name: "a", namespace: "default" } };
      const created = await api.create<KubernetesObject>(objectOf(sample, "a"));
      expect(created).toMatchObject({ ...sample.body, apiVersion, kind });
      expect(
        (await api.list(apiVersion, kind, "default")).items.map(({ metadata }) => metadata?.name),
      ).toEqual(["a"]);
      const patched = await merge(api, objectOf(sample, "a", { a: "b" }));
      expect(patched.metadata?.labels).toEqual({ a: "b" });
      const labelled = ({ metadata }: KubernetesObject, a: string): KubernetesObject => ({
        ...objectOf(sample, "a"),
        metadata: {
          name: "a",
          namespace: "default",
          resourceVersion: metadata?.resourceVersion,
          labels: { a },
        },
      });
      await expect(api.replace(labelled(created, "c"))).rejects.toMatchObject({ code: 409 });
      // Its controller may write its status just in between.
      const replaced = async () =>
        (await api.replace(labelled(await api.read(header), "c"))).metadata?.labels;
      await expect.poll(() => replaced().catch(() => undefined)).toEqual({ a: "c" });
      expect(await api.delete(header)).toMatchObject({
        status: "Success",
        details: { uid: created.metadata?.uid },
      });
      await expect(api.read(header)).rejects.toMatchObject({ code: 404 });
    }
  });

  test("applies on the server's side, and is told of conflicts", async ({ api }) => {
    const apply = (sample: Sample, manager: string, body: object, force?: boolean) => {
      const { apiVersion, kind } = sample;
      const object = { apiVersion, kind, metadata: { name: "a", namespace: "default" }, ...body };
      return api.patch(object, undefined, undefined, manager, force, PatchStrategy.ServerSideApply);
    };
    for (const [sample, other] of [
      [SAMPLES[0]!, { data: { a: "2" } }],
      [SAMPLES[1]!, { spec: { size: 2 } }],
      [SAMPLES[2]!, { spec: { argv: ["false"] } }],
    ] as const) {
      expect(await apply(sample, "one", sample.body)).toMatchObject(sample.body);
      await expect(apply(sample, "two", other)).rejects.toMatchObject({ code: 409 });
      expect(await apply(sample, "two", other, true)).toMatchObject(other);
      await expect(apply(sample, "", sample.body)).rejects.toMatchObject({ code: 422 });
    }
  });

  test("deletes with its options in query and body", async ({ api }) => {
    const sample = SAMPLES[1]!;
    const created = await api.create<KubernetesObject>(objectOf(sample, "a"));
    const remove = (policy: string | undefined, body?: object) =>
      api.delete(objectOf(sample, "a"), undefined, undefined, undefined, undefined, policy, body);
    await expect(remove(undefined, { preconditions: { uid: "other" } })).rejects.toMatchObject({ code: 409 });
    await expect(remove("Sideways")).rejects.toMatchObject({ code: 422 });
    const { uid } = created.metadata!;
    await remove("Foreground", { preconditions: { uid } });
    await expect.poll(() => api.read(objectOf(sample, "a")).catch(({ code }) => code as number)).toBe(404);
  });
});

test("a Watch tells of the objects that its selectors match, and ends when it is told to", async ({
  config,
  api,
}) => {
  const lines: string[] = [];
  const options = {
    labelSelector: "app in (web),tier!=x",
    fieldSelector: "metadata.name!=hidden",
    allowWatchBookmarks: true,
  };
  const ended = new Promise<unknown>((resolve) => {
    const watch = new Watch(config);
    void watch
      .watch(
        pathOf(SAMPLES[1]!),
        options,
        (type: string, object: KubeObject) => void lines.push(`${type} ${object.metadata.name}`),
        resolve,
      )
      .then(
        (controller) =>
          void expect
            .poll(() => lines.at(-1))
            .toBe("DELETED a")
            .then(() => controller.abort()),
      );
  });
  for (const [name, labels] of [
    ["a", { app: "web" }],
    ["hidden", { app: "web" }],
    ["b", { app: "db" }],
    ["c", { app: "web", tier: "x" }],
  ] as const) {
    await api.create(objectOf(SAMPLES[1]!, name, labels));
  }
  await api.delete(objectOf(SAMPLES[1]!, "a"));
  await ended;
  expect(lines.filter((line) => !line.startsWith("BOOKMARK"))).toEqual(["ADDED a", "DELETED a"]);
});

test("the typed and the untyped interfaces of the official JavaScript client work, unmodified", async ({
  config,
}) => {
  const objects = config.makeApiClient(CustomObjectsApi);
  const core = config.makeApiClient(CoreV1Api);
  const where = { group: "tiltish.dev", version: "v1alpha1", namespace: "default", plural: "localprocesses" };

  const body = ours("LocalProcess", "web", { argv: ["sleep", "600"] });
  const created = (await objects.createNamespacedCustomObject({ ...where, body })) as KubeObject;
  expect(created.metadata.uid).toBeTruthy();
  const replaced = async () => {
    const read = (await objects.getNamespacedCustomObject({ ...where, name: "web" })) as KubeObject;
    const body = { ...read, spec: { ...(read.spec as object), env: { A: "1" } } };
    return (await objects.replaceNamespacedCustomObject({ ...where, name: "web", body })) as KubeObject;
  };
  await expect
    .poll(() =>
      replaced().then(
        ({ spec }) => spec,
        () => undefined,
      ),
    )
    .toMatchObject({ env: { A: "1" } });
  await objects.deleteNamespacedCustomObject({ ...where, name: "web" });

  expect((await core.listNamespace()).items.map(({ metadata }) => metadata?.name)).toContain("default");
  await core.createNamespacedConfigMap({ namespace: "default", body: configMap("c", { a: "1" }) });
  expect((await core.readNamespacedConfigMap({ namespace: "default", name: "c" })).data).toEqual({ a: "1" });
  await expect(core.readNamespacedConfigMap({ namespace: "default", name: "no" })).rejects.toMatchObject({
    code: 404,
  });
});
