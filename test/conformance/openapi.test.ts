import { describe, expect } from "vitest";
import type { Answer, Api, Json } from "./client.ts";
import { well } from "./collection.ts";
import { rule } from "./suite.ts";
import { GROUP } from "./widgets.ts";

const WIDGETS = `apis/${GROUP}/v1`;
const WIDGET = { group: GROUP, version: "v1", kind: "Widget" };
const CONFIG_MAP = { group: "", version: "v1", kind: "ConfigMap" };
const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
const V3_PROTOBUF = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf";
const GVK = "x-kubernetes-group-version-kind";
/** A server may gather its documents a while after a kind has come. */
const GATHERING = { timeout: 50_000 };

const gvkOf = (value: Json): Json => value[GVK];

async function urlOf(api: Api, name: string): Promise<string> {
  let url: string | undefined;
  const look = async () => {
    url = (await api.ask("/openapi/v3")).json.paths[name]?.serverRelativeURL as string | undefined;
    return url;
  };
  await expect.poll(look, GATHERING).toBeDefined();
  return url!;
}

const documentOf = async (api: Api, name: string): Promise<Json> =>
  well(await api.ask(await urlOf(api, name)), 200);

/** The document of v2, with what the suite has added. */
async function swagger(api: Api, accept?: string): Promise<Answer> {
  let answer: Answer | undefined;
  const look = async () => {
    answer = await api.ask("/openapi/v2", { headers: { accept } });
    return answer.status === 200 ? answer.text.includes(GROUP) : answer.text;
  };
  await expect.poll(look, GATHERING).toBe(true);
  return answer!;
}

const schemaOf = (document: Json, wanted: Json): Json =>
  Object.values(document.components.schemas).find((schema) =>
    (gvkOf(schema) as Json[] | undefined)?.some((one) => JSON.stringify(one) === JSON.stringify(wanted)),
  );

const METHODS = ["get", "post", "put", "patch", "delete"];

/** Every operation of a path that begins so: `[method, operation]`. */
const operationsBelow = (document: Json, part: string): [string, Json][] =>
  Object.entries(document.paths as Record<string, Json>)
    .filter(([path]) => path.includes(part) && !path.includes("/watch/"))
    .flatMap(([, methods]) => Object.entries(methods))
    .filter((entry): entry is [string, Json] => METHODS.includes(entry[0]));

const patchesOf = (document: Json, part: string): Json[] =>
  operationsBelow(document, part).flatMap(([method, operation]) => (method === "patch" ? [operation] : []));

const parametersOf = (patch: Json): string[] =>
  (patch.parameters as Json[]).filter((one) => one.in === "query").map((one) => one.name as string);

describe("version 3", () => {
  rule(10, "the index names a document for every group version", async ({ api }) => {
    const { paths } = (await api.ask("/openapi/v3")).json as { paths: Json };
    for (const name of ["api/v1", "apis/coordination.k8s.io/v1", "apis/apiextensions.k8s.io/v1"]) {
      expect(paths[name]?.serverRelativeURL).toMatch(new RegExp(`^/openapi/v3/${name}\\?hash=\\w+$`));
    }
    expect(await urlOf(api, WIDGETS)).toMatch(/\?hash=\w+$/);
  });

  rule(10, "a document is JSON, or the protobuf of it", async ({ api }) => {
    const url = await urlOf(api, WIDGETS);
    const json = await api.ask(url);
    expect(json.headers["content-type"]).toContain("application/json");
    expect(json.json.openapi).toMatch(/^3\./);
    const protobuf = await api.ask(url, { headers: { accept: V3_PROTOBUF } });
    expect(protobuf.status).toBe(200);
    expect(protobuf.headers["content-type"]).toMatch(/com\.github\.proto-openapi\.spec\.v3.*\+protobuf/);
    // Field 1 is the version, as in every `openapi.v3.Document`; further down there are the schemas by their names.
    expect(protobuf.bytes.subarray(0, 2)).toEqual(Buffer.from([10, json.json.openapi.length]));
    for (const name of Object.keys(json.json.components.schemas)) expect(protobuf.text).toContain(name);
    expect(protobuf.text).toContain("What people call it.");
  });

  rule(11, "with the right hash it may be kept for ever", async ({ api }) => {
    const { status, headers } = await api.ask(await urlOf(api, WIDGETS));
    expect(status).toBe(200);
    expect(headers["cache-control"]).toMatch(/\bpublic\b/);
    expect(headers["cache-control"]).toMatch(/\bimmutable\b/);
    expect(Date.parse(headers.expires!) - Date.now()).toBeGreaterThan(24 * 3600 * 1000);
    expect(headers.etag).toBeDefined();
  });

  rule(11, "with an old hash one is sent to the new one", async ({ api }) => {
    const url = await urlOf(api, WIDGETS);
    const { status, headers } = await api.ask(url.replace(/hash=.*/, "hash=0123456789"));
    expect([status, headers.location]).toEqual([301, url]);
  });

  rule(11, "another kind is another hash", async ({ api }) => {
    expect(await urlOf(api, WIDGETS)).not.toBe(await urlOf(api, `apis/${GROUP}/v1beta1`));
  });
});

describe("what clients look for", () => {
  rule(12, "PATCH says that it takes fieldValidation and dryRun, and which patches", async ({ api }) => {
    for (const [name, part, strategic] of [
      [WIDGETS, "/widgets/{name}", false],
      ["api/v1", "/configmaps/{name}", true],
    ] as const) {
      const [patch] = patchesOf(await documentOf(api, name), part);
      expect(parametersOf(patch)).toEqual(expect.arrayContaining(["fieldValidation", "dryRun"]));
      const types = Object.keys(patch.requestBody.content);
      expect([name, types.includes("application/strategic-merge-patch+json")]).toEqual([name, strategic]);
    }
  });

  rule(13, "every kind has a schema that says its group, version and kind", async ({ api }) => {
    expect(schemaOf(await documentOf(api, WIDGETS), WIDGET)).toMatchObject({ type: "object" });
    const core = await documentOf(api, "api/v1");
    expect(schemaOf(core, CONFIG_MAP)).toMatchObject({ type: "object" });
    expect(schemaOf(core, { group: "", version: "v1", kind: "Namespace" })).toBeDefined();
  });

  rule(13, "there are paths for the collection, the object and its status", async ({ api }) => {
    const root = `/apis/${GROUP}/v1`;
    const within = `${root}/namespaces/{namespace}/widgets`;
    expect(Object.keys((await documentOf(api, WIDGETS)).paths)).toEqual(
      expect.arrayContaining([`${root}/widgets`, within, `${within}/{name}`, `${within}/{name}/status`]),
    );
  });

  rule(13, "every operation says the one kind that it is about", async ({ api }) => {
    const widgets = operationsBelow(await documentOf(api, WIDGETS), "/widgets");
    const own = widgets.filter(([, { operationId }]) => !(operationId as string).includes("Scale"));
    expect(own.length).toBeGreaterThan(8);
    expect(own.map(([, operation]) => gvkOf(operation))).toEqual(own.map(() => WIDGET));
    const configMaps = operationsBelow(await documentOf(api, "api/v1"), "/configmaps");
    expect(configMaps.map(([, operation]) => gvkOf(operation))).toEqual(configMaps.map(() => CONFIG_MAP));
  });

  rule(13, "every PATCH declares its parameters itself", async ({ api }) => {
    const patches = [
      ...patchesOf(await documentOf(api, WIDGETS), "/widgets/{name}"),
      ...patchesOf(await documentOf(api, "api/v1"), "/configmaps/{name}"),
    ];
    expect(patches.length).toBeGreaterThan(2);
    for (const patch of patches) {
      const wanted = ["dryRun", "fieldManager", "fieldValidation", "force"];
      expect(parametersOf(patch)).toEqual(expect.arrayContaining(wanted));
    }
  });

  rule(14, "a custom type takes three kinds of patch, and no strategic one", async ({ api }) => {
    const patches = patchesOf(await documentOf(api, WIDGETS), "/widgets/{name}");
    for (const patch of patches) {
      const types = Object.keys(patch.requestBody.content);
      const three = ["json-patch+json", "merge-patch+json", "apply-patch+yaml"].map(
        (type) => `application/${type}`,
      );
      expect(types).toEqual(expect.arrayContaining(three));
      expect(types).not.toContain("application/strategic-merge-patch+json");
    }
    expect(patches.length).toBeGreaterThan(1);
  });

  rule(15, "fields have their descriptions, and lists their types", async ({ api }) => {
    const { properties } = schemaOf(await documentOf(api, WIDGETS), WIDGET);
    const { spec, status } = properties;
    expect(spec).toMatchObject({ description: "What the widget should be." });
    expect(spec.properties).toMatchObject({
      title: { description: "What people call it.", maxLength: 20 },
      tags: { "x-kubernetes-list-type": "set" },
      ports: { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] },
      anything: { "x-kubernetes-preserve-unknown-fields": true },
    });
    expect(status.properties.conditions).toMatchObject({ "x-kubernetes-list-map-keys": ["type"] });
  });

  rule(15, "metadata is the ObjectMeta of the same document", async ({ api }) => {
    for (const [name, kind] of [
      [WIDGETS, WIDGET],
      ["api/v1", CONFIG_MAP],
    ] as const) {
      const document = await documentOf(api, name);
      const { metadata } = schemaOf(document, kind).properties;
      expect(JSON.stringify(metadata)).toContain(`"#/components/schemas/${OBJECT_META}"`);
      const { labels } = document.components.schemas[OBJECT_META].properties;
      expect(labels).toMatchObject({ type: "object", additionalProperties: { type: "string" } });
    }
  });
});

describe("version 2", () => {
  rule(16, "it is Swagger 2.0 in JSON, with the kinds in definitions and operations", async ({ api }) => {
    const { headers, json } = await swagger(api);
    expect(headers["content-type"]).toContain("application/json");
    expect(json.swagger).toBe("2.0");
    const { "com.example.conformance.v1.Widget": widget } = json.definitions;
    expect(gvkOf(widget)).toEqual([WIDGET]);
    const { patch } = json.paths[`/apis/${GROUP}/v1/namespaces/{namespace}/widgets/{name}`];
    expect(gvkOf(patch)).toEqual(WIDGET);
    expect(patch.consumes).toContain("application/apply-patch+yaml");
    expect(patch.consumes).not.toContain("application/strategic-merge-patch+json");
  });

  rule(16, "who takes nothing but protobuf gets the same as protobuf", async ({ api }) => {
    const protobuf = await swagger(api, V2_PROTOBUF);
    expect(protobuf.headers["content-type"]).toBe(
      "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
    );
    // Field 1 of `openapi.v2.Document`: `swagger`.
    expect(protobuf.bytes.subarray(0, 5)).toEqual(Buffer.from("\n\u00032.0"));
    const { definitions } = (await swagger(api)).json;
    for (const name of Object.keys(definitions)) expect(protobuf.text).toContain(name);
    expect(protobuf.text).toContain("What people call it.");
  });

  rule(16, "its ETag makes a second look cheap", async ({ api }) => {
    const { headers } = await swagger(api);
    const again = await api.ask("/openapi/v2", { headers: { "if-none-match": headers.etag! } });
    expect(again).toMatchObject({ status: 304, text: "" });
  });

  rule(16, "who takes neither is told so", async ({ api }) => {
    expect(await api.ask("/openapi/v2", { headers: { accept: "image/png" } })).toMatchObject({ status: 406 });
  });
});
