import { describe, expect } from "vitest";
import type { Api, Json } from "./client.ts";
import { rule } from "./suite.ts";
import { GROUP } from "./widgets.ts";

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const CLIENT_GO = `${AGGREGATED},application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json`;
const VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

const ask = (api: Api, path: string, accept?: string, headers: Record<string, string> = {}) =>
  api.ask(path, { headers: { accept, ...headers } });
const resourcesOf = async (api: Api, path: string): Promise<Json[]> =>
  (await api.ask(path)).json.resources as Json[];
const named = (items: Json[], name: string): Json => items.find((item) => item.name === name);

describe("plain", () => {
  rule(1, "`/api` lists the version v1, and by which addresses it may be called", async ({ api }) => {
    const { status, json } = await api.ask("/api");
    expect(status).toBe(200);
    expect(json).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
    expect(json.serverAddressByClientCIDRs).toBeInstanceOf(Array);
  });

  rule(1, "`/apis` lists every group with its versions and the preferred one", async ({ api }) => {
    const { json } = await api.ask("/apis");
    expect(json).toMatchObject({ kind: "APIGroupList", apiVersion: "v1" });
    const v1 = { groupVersion: `${GROUP}/v1`, version: "v1" };
    const v1beta1 = { groupVersion: `${GROUP}/v1beta1`, version: "v1beta1" };
    expect(named(json.groups as Json[], GROUP)).toMatchObject({
      versions: [v1, v1beta1],
      preferredVersion: v1,
    });
    for (const group of json.groups as Json[]) {
      expect(group.versions).toContainEqual(group.preferredVersion);
      for (const { groupVersion, version } of group.versions as Json[]) {
        expect(groupVersion).toBe(`${group.name as string}/${version as string}`);
      }
    }
    expect(named(json.groups as Json[], "")).toBeUndefined();
  });

  rule(2, "`/apis/GROUP` is one group", async ({ api }) => {
    expect((await api.ask(`/apis/${GROUP}`)).json).toMatchObject({
      kind: "APIGroup",
      apiVersion: "v1",
      name: GROUP,
      preferredVersion: { groupVersion: `${GROUP}/v1`, version: "v1" },
    });
  });

  rule(2, "`/apis/GROUP/VERSION` and `/api/v1` list their resources", async ({ api }) => {
    for (const [path, groupVersion, name] of [
      [`/apis/${GROUP}/v1`, `${GROUP}/v1`, "widgets"],
      [`/apis/${GROUP}/v1beta1`, `${GROUP}/v1beta1`, "widgets"],
      ["/api/v1", "v1", "configmaps"],
    ] as const) {
      const { json } = await api.ask(path);
      expect(json).toMatchObject({ kind: "APIResourceList", groupVersion });
      expect(named(json.resources as Json[], name)).toBeDefined();
    }
  });

  rule(2, "a slash at the end of these paths changes nothing", async ({ api }) => {
    for (const path of ["/api", "/apis", `/apis/${GROUP}`, `/apis/${GROUP}/v1`, "/api/v1"]) {
      const [with_, without] = [await api.ask(`${path}/`), await api.ask(path)];
      expect([path, with_.status, with_.json]).toEqual([path, 200, without.json]);
    }
  });

  rule(3, "an entry of a resource says all that a client needs to use it", async ({ api }) => {
    const widgets = named(await resourcesOf(api, `/apis/${GROUP}/v1`), "widgets");
    expect(widgets).toMatchObject({
      name: "widgets",
      singularName: "widget",
      namespaced: true,
      kind: "Widget",
      shortNames: ["wdg"],
      categories: ["conformance"],
    });
    expect((widgets.verbs as string[]).toSorted()).toEqual(VERBS);
    const core = await resourcesOf(api, "/api/v1");
    expect(named(core, "configmaps")).toMatchObject({
      singularName: "configmap",
      namespaced: true,
      shortNames: ["cm"],
    });
    expect((named(core, "configmaps").verbs as string[]).toSorted()).toEqual(VERBS);
    expect(named(core, "namespaces")).toMatchObject({ namespaced: false, kind: "Namespace" });
  });

  rule(3, "every resource that can be changed can be listed and watched", async ({ api }) => {
    const { groups } = (await api.ask("/apis")).json;
    const versions = (groups as Json[]).flatMap(({ versions }) => versions as Json[]);
    const paths = ["/api/v1", ...versions.map(({ groupVersion }) => `/apis/${groupVersion as string}`)];
    let looked = 0;
    for (const path of paths) {
      for (const { name, verbs } of await resourcesOf(api, path)) {
        if ((name as string).includes("/") || !(verbs as string[]).includes("update")) continue;
        looked += 1;
        expect([name, verbs]).toEqual([name, expect.arrayContaining(["list", "watch", "get"])]);
      }
    }
    expect(looked).toBeGreaterThan(4);
  });

  rule(3, "a subresource is an entry of its own, with the kind of its resource", async ({ api }) => {
    const status = named(await resourcesOf(api, `/apis/${GROUP}/v1`), "widgets/status");
    expect(status).toMatchObject({ singularName: "", namespaced: true, kind: "Widget" });
    expect((status.verbs as string[]).toSorted()).toEqual(["get", "patch", "update"]);
  });

  rule(3, "the scale subresource is of the kind that autoscalers know", async ({ api }) => {
    const scale = named(await resourcesOf(api, `/apis/${GROUP}/v1`), "widgets/scale");
    expect(scale).toMatchObject({ singularName: "", kind: "Scale", group: "autoscaling", version: "v1" });
  });

  rule("6a", "`/api` has the version v1, and `/api/v1` its resources", async ({ api }) => {
    expect((await api.ask("/api")).json.versions).toContain("v1");
    expect((await api.ask("/api/v1")).json).toMatchObject({ kind: "APIResourceList", groupVersion: "v1" });
    const aggregated = await ask(api, "/api", AGGREGATED);
    expect(aggregated.json.items[0].versions).toMatchObject([{ version: "v1" }]);
  });

  rule(7, "who names no form, or plain JSON, gets the plain one", async ({ api }) => {
    for (const accept of [undefined, "*/*", "application/json"]) {
      expect([accept, (await ask(api, "/api", accept)).json.kind]).toEqual([accept, "APIVersions"]);
      expect([accept, (await ask(api, "/apis", accept)).json.kind]).toEqual([accept, "APIGroupList"]);
    }
  });

  rule(8, "`/` lists the paths that there are", async ({ api }) => {
    const { paths } = (await api.ask("/")).json as { paths: string[] };
    const fixed = [
      "/api",
      "/apis",
      "/healthz",
      "/livez",
      "/readyz",
      "/openapi/v2",
      "/openapi/v3",
      "/version",
    ];
    const versions = [
      "/api/v1",
      `/apis/${GROUP}/v1`,
      `/apis/${GROUP}/v1beta1`,
      "/apis/coordination.k8s.io/v1",
    ];
    expect(paths).toEqual(expect.arrayContaining([...fixed, ...versions]));
  });
});

describe("aggregated", () => {
  rule(4, "it is answered to who names it, and says so in its Content-Type", async ({ api }) => {
    for (const path of ["/api", "/apis"]) {
      for (const accept of [AGGREGATED, CLIENT_GO]) {
        const { headers, json } = await ask(api, path, accept);
        expect(json).toMatchObject({ kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2" });
        const type = headers["content-type"]!;
        for (const part of [
          "application/json",
          "g=apidiscovery.k8s.io",
          "v=v2",
          "as=APIGroupDiscoveryList",
        ]) {
          expect(type.split(";").map((text) => text.trim())).toContain(part);
        }
      }
    }
  });

  rule(4, "a form that nobody knows is passed over for plain JSON", async ({ api }) => {
    const unknown = "application/json;g=apidiscovery.k8s.io;v=v99;as=APIGroupDiscoveryList,application/json";
    const { headers, json } = await ask(api, "/apis", unknown);
    expect(json.kind).toBe("APIGroupList");
    expect(headers["content-type"]).not.toContain("APIGroupDiscoveryList");
  });

  rule(5, "each resource says its kind, scope, names and verbs", async ({ api }) => {
    const { json } = await ask(api, "/apis", AGGREGATED);
    const group = (json.items as Json[]).find(({ metadata }) => metadata.name === GROUP);
    expect(group.versions).toMatchObject([
      { version: "v1", freshness: "Current" },
      { version: "v1beta1", freshness: "Current" },
    ]);
    const responseKind = { group: GROUP, version: "v1", kind: "Widget" };
    const [widgets] = group.versions[0].resources as Json[];
    expect(widgets).toMatchObject({
      resource: "widgets",
      responseKind,
      scope: "Namespaced",
      singularResource: "widget",
      shortNames: ["wdg"],
      categories: ["conformance"],
    });
    expect((widgets.verbs as string[]).toSorted()).toEqual(VERBS);
    const status = (widgets.subresources as Json[]).find(({ subresource }) => subresource === "status");
    expect(status.responseKind).toEqual(responseKind);
    expect((status.verbs as string[]).toSorted()).toEqual(["get", "patch", "update"]);
    const scale = (widgets.subresources as Json[]).find(({ subresource }) => subresource === "scale");
    expect(scale.responseKind).toEqual({ group: "autoscaling", version: "v1", kind: "Scale" });
  });

  rule(5, "the core group has no name, and a Namespace is of the cluster", async ({ api }) => {
    const { json } = await ask(api, "/api", AGGREGATED);
    expect(json.items).toHaveLength(1);
    expect(json.items[0].metadata.name ?? "").toBe("");
    const namespaces = (json.items[0].versions[0].resources as Json[]).find(
      ({ resource }) => resource === "namespaces",
    );
    expect(namespaces).toMatchObject({ scope: "Cluster" });
  });

  rule(6, "its ETag makes a second look cheap", async ({ api }) => {
    for (const path of ["/api", "/apis"]) {
      const first = await ask(api, path, AGGREGATED);
      expect(first.headers.vary).toMatch(/\bAccept\b/);
      const again = await ask(api, path, AGGREGATED, { "if-none-match": first.headers.etag! });
      expect(again).toMatchObject({ status: 304, text: "" });
      const other = await ask(api, path, AGGREGATED, { "if-none-match": '"other"' });
      expect(other.status).toBe(200);
    }
  });
});

describe("what does not exist", () => {
  rule(9, "an unknown path, group, version, resource or subresource is 404", async ({ api, widgets }) => {
    await widgets.make("a");
    for (const path of [
      "/nope",
      "/apis/nope.example.com",
      "/apis/nope.example.com/v1",
      `/apis/${GROUP}/v9`,
      `/apis/${GROUP}/v9/widgets`,
      `/apis/${GROUP}/v1/gadgets`,
      "/api/v1/gadgets",
      "/api/v2",
      widgets.url("a/gadget"),
    ]) {
      expect([path, (await api.ask(path)).status]).toEqual([path, 404]);
    }
  });

  rule(9, "a kind of the cluster is 404 in a namespace", async ({ api, namespace }) => {
    const crds = "apis/apiextensions.k8s.io/v1/namespaces/default/customresourcedefinitions";
    expect((await api.ask(`/${crds}`)).status).toBe(404);
    expect((await api.ask(`/api/v1/namespaces/${namespace}/namespaces`)).status).toBe(404);
  });
});
