import { describe, expect } from "vitest";
import type { Answer, Api, Json } from "./client.ts";
import type { Collection } from "./collection.ts";
import { mistake, rule } from "./suite.ts";
import { CRD_NAME, CRD_PATH, GROUP } from "./widgets.ts";

const TABLE = { headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" } };

describe("Lease", () => {
  const micros = "2026-01-02T03:04:05.678900Z";

  rule(106, "times keep their six digits", async ({ leases }) => {
    const spec = { holderIdentity: "me", leaseDurationSeconds: 15, acquireTime: micros, renewTime: micros };
    expect((await leases.make("a", { spec })).spec).toEqual(spec);
    expect((await leases.read("a")).spec).toEqual(spec);
  });

  rule(106, "of two who would lead one wins, and the other sees the conflict", async ({ leases }) => {
    const free = await leases.make("leader", { spec: { leaseTransitions: 0 } });
    expect(free.metadata).not.toHaveProperty("generation");
    const lead = (holderIdentity: string) =>
      leases.put("leader", { ...free, spec: { holderIdentity, renewTime: micros, leaseTransitions: 1 } });
    const answers = await Promise.all([lead("one"), lead("two")]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    const winner = answers[0].status === 200 ? "one" : "two";
    expect((await leases.read("leader")).spec.holderIdentity).toBe(winner);
    expect(await leases.post(leases.object("leader"))).toMatchObject({
      status: 409,
      json: { reason: "AlreadyExists" },
    });
  });
});

const named = (events: Collection): Collection => events.at({ root: "/apis/events.k8s.io/v1" });

const newEvent = (events: Collection, name: string) =>
  named(events).object(name, {
    eventTime: "2026-01-02T03:04:05.678900Z",
    reportingController: "conformance.example.com/tester",
    reportingInstance: "tester-1",
    action: "Testing",
    reason: "Tested",
    regarding: { kind: "Widget", namespace: events.place.namespace, name: "web", apiVersion: `${GROUP}/v1` },
    note: "it was tested",
    type: "Normal",
  });

describe("Event", () => {
  rule(107, "one written in the new group is read in the core group", async ({ events }) => {
    expect(await named(events).post(newEvent(events, "a"))).toMatchObject({
      status: 201,
      json: { apiVersion: "events.k8s.io/v1", kind: "Event", note: "it was tested" },
    });
    expect(await events.read("a")).toMatchObject({
      apiVersion: "v1",
      kind: "Event",
      involvedObject: { kind: "Widget", name: "web" },
      message: "it was tested",
      reason: "Tested",
      reportingComponent: "conformance.example.com/tester",
      reportingInstance: "tester-1",
      action: "Testing",
      eventTime: "2026-01-02T03:04:05.678900Z",
    });
  });

  rule(107, "one written in the core group is read in the new one", async ({ events, namespace }) => {
    const at = "2026-01-02T03:04:05Z";
    const source = { component: "tester", host: "here" };
    const involvedObject = { kind: "Widget", namespace, name: "web" };
    await events.make("a", {
      involvedObject,
      message: "it ran",
      count: 3,
      firstTimestamp: at,
      lastTimestamp: at,
      source,
    });
    expect(await named(events).read("a")).toMatchObject({
      apiVersion: "events.k8s.io/v1",
      regarding: involvedObject,
      note: "it ran",
      deprecatedCount: 3,
      deprecatedFirstTimestamp: at,
      deprecatedLastTimestamp: at,
      deprecatedSource: source,
    });
  });

  rule(
    107,
    "both are one: changes, lists, watches and deletions of either are seen in the other",
    async ({ events }) => {
      const { uid } = (await named(events).post(newEvent(events, "a"))).json.metadata;
      const watch = await named(events).watch();
      expect(await watch.first(1)).toMatchObject([
        { type: "ADDED", object: { apiVersion: "events.k8s.io/v1" } },
      ]);
      await events.merge("a", { message: "again", count: 2 });
      expect((await named(events).read("a")).note).toBe("again");
      expect((await watch.first(2))[1]).toMatchObject({
        type: "MODIFIED",
        object: { note: "again", deprecatedCount: 2 },
      });
      expect(await named(events).names()).toEqual(["a"]);
      expect((await events.read("a")).metadata.uid).toBe(uid);
      expect(
        await events.post(events.object("a", { involvedObject: { namespace: events.place.namespace } })),
      ).toMatchObject({
        status: 409,
      });
      await named(events).delete("a");
      expect(await events.get("a")).toMatchObject({ status: 404 });
    },
  );
});

describe("Namespaces and services", () => {
  rule(108, "namespaces are listed and read", async ({ namespaces, namespace }) => {
    expect(await namespaces.names()).toEqual(expect.arrayContaining(["default", namespace]));
    expect(await namespaces.read(namespace)).toMatchObject({
      kind: "Namespace",
      status: { phase: "Active" },
    });
  });

  rule(108, "services are in discovery, and can be listed", async ({ api }) => {
    const { resources } = (await api.ask("/api/v1")).json as { resources: Json[] };
    const services = resources.find(({ name }) => name === "services");
    expect(services).toMatchObject({ kind: "Service", namespaced: true });
    expect(services.verbs).toContain("list");
    const { status, json } = await api.ask(
      "/api/v1/namespaces/kube-system/services?labelSelector=kubernetes.io%2Fcluster-service%3Dtrue",
    );
    expect([status, json.kind, Array.isArray(json.items)]).toEqual([200, "ServiceList", true]);
  });

  rule(
    108,
    "a namespace that is deleted takes with it what is in it",
    async ({ namespaces, namespace, widgets, leases }) => {
      const name = `${namespace}-x`;
      const { labels } = (await namespaces.read(namespace)).metadata;
      await namespaces.make(name, {}, { labels: labels as object });
      await widgets.at({ namespace: name }).make("a");
      await leases.at({ namespace: name }).make("a");
      expect((await namespaces.delete(name)).status).toBe(200);
      const statusOf = async () => (await namespaces.get(name)).status;
      await expect.poll(statusOf, { timeout: 50_000 }).toBe(404);
      for (const objects of [widgets, leases])
        expect(await objects.at({ namespace: name }).get("a")).toMatchObject({ status: 404 });
    },
  );
});

const AUTHORIZATION = "/apis/authorization.k8s.io/v1";
const review = (api: Api, path: string, kind: string, spec?: object): Promise<Answer> => {
  const [, , group, version] = path.split("/");
  const body = { apiVersion: `${group!}/${version!}`, kind, ...(spec && { spec }) };
  return api.ask(path, { method: "POST", body });
};

describe("reviews", () => {
  rule(109, "one may ask whether one may do something", async ({ api }) => {
    const resourceAttributes = { verb: "list", resource: "configmaps", namespace: "default" };
    const path = `${AUTHORIZATION}/selfsubjectaccessreviews`;
    const answer = await review(api, path, "SelfSubjectAccessReview", { resourceAttributes });
    expect(answer).toMatchObject({
      status: 201,
      json: { kind: "SelfSubjectAccessReview", spec: { resourceAttributes }, status: { allowed: true } },
    });
    const nonResourceAttributes = { verb: "get", path: "/healthz" };
    expect(await review(api, path, "SelfSubjectAccessReview", { nonResourceAttributes })).toMatchObject({
      status: 201,
      json: { status: { allowed: true } },
    });
  });

  rule(109, "a question about nothing is no question", async ({ api }) => {
    const path = `${AUTHORIZATION}/selfsubjectaccessreviews`;
    const answer = await review(api, path, "SelfSubjectAccessReview", {});
    expect([400, 422]).toContain(answer.status);
  });

  rule(109, "one may ask for all that one may do", async ({ api }) => {
    const path = `${AUTHORIZATION}/selfsubjectrulesreviews`;
    const { status, json } = await review(api, path, "SelfSubjectRulesReview", { namespace: "default" });
    expect(status).toBe(201);
    expect(json.status.resourceRules.length).toBeGreaterThan(0);
    for (const { verbs } of json.status.resourceRules as Json[]) expect(verbs.length).toBeGreaterThan(0);
    expect(json.status.nonResourceRules).toBeInstanceOf(Array);
    expect(json.status.incomplete).toEqual(expect.any(Boolean));
  });

  rule(109, "one may ask who one is", async ({ api }) => {
    const answer = await review(
      api,
      "/apis/authentication.k8s.io/v1/selfsubjectreviews",
      "SelfSubjectReview",
    );
    expect(answer).toMatchObject({ status: 201, json: { kind: "SelfSubjectReview" } });
    expect(answer.json.status.userInfo.username).toMatch(/./);
    expect(answer.json.status.userInfo.groups).toContain("system:authenticated");
  });
});

describe("CustomResourceDefinitions", () => {
  rule(110, "they are listed and read, and say when they are served", async ({ api, widgets }) => {
    expect(widgets.apiVersion).toBe(`${GROUP}/v1`);
    const list = (await api.ask(CRD_PATH)).json;
    expect(list.kind).toBe("CustomResourceDefinitionList");
    expect((list.items as Json[]).map(({ metadata }) => metadata.name as string)).toContain(CRD_NAME);
    const { spec, status } = (await api.ask(`${CRD_PATH}/${CRD_NAME}`)).json;
    expect(spec).toMatchObject({
      group: GROUP,
      names: { kind: "Widget", plural: "widgets" },
      scope: "Namespaced",
    });
    expect(status).toMatchObject({
      acceptedNames: { kind: "Widget", plural: "widgets" },
      storedVersions: ["v1"],
    });
    const conditions = (status.conditions as Json[]).map(
      (one) => `${one.type as string}=${one.status as string}`,
    );
    expect(conditions).toEqual(expect.arrayContaining(["NamesAccepted=True", "Established=True"]));
  });

  rule(110, "what they define can be found by its short name and category", async ({ api }) => {
    const { resources } = (await api.ask(`/apis/${GROUP}/v1`)).json as { resources: Json[] };
    expect(resources.find(({ name }) => name === "widgets")).toMatchObject({
      shortNames: ["wdg"],
      categories: ["conformance"],
    });
  });
});

describe("tables of built-in types", () => {
  /** The columns that are always shown, and the cells of the first row. */
  const tableOf = async (objects: Collection): Promise<{ columns: string[]; cells: unknown[] }> => {
    const { json } = await objects.get("", { fieldSelector: "metadata.name=a" }, TABLE);
    const definitions = json.columnDefinitions as Json[];
    const isShown = definitions.map(({ priority }) => priority === 0);
    const shown = <T>(all: T[]): T[] => all.filter((_, i) => isShown[i]);
    return {
      columns: shown(definitions.map(({ name }) => name as string)),
      cells: shown(json.rows[0].cells as unknown[]),
    };
  };
  const age = expect.stringMatching(/^\d+s$/) as unknown;

  rule(111, "ConfigMap: how much is in it", async ({ configMaps }) => {
    await configMaps.make("a", { data: { x: "1", y: "2" }, binaryData: { z: "AA==" } });
    expect(await tableOf(configMaps)).toEqual({ columns: ["Name", "Data", "Age"], cells: ["a", 3, age] });
  });

  rule(111, "Lease: who holds it", async ({ leases }) => {
    await leases.make("a", { spec: { holderIdentity: "me" } });
    expect(await tableOf(leases)).toEqual({ columns: ["Name", "Holder", "Age"], cells: ["a", "me", age] });
  });

  rule(111, "Event: when, what and why", async ({ events, namespace }) => {
    const involvedObject = { kind: "Widget", name: "web", namespace };
    const lastTimestamp = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    await events.make("a", {
      involvedObject,
      reason: "Tested",
      message: "it ran",
      type: "Warning",
      lastTimestamp,
    });
    const { columns, cells } = await tableOf(events);
    const wanted = ["Last Seen", "Type", "Reason", "Object", "Message"];
    expect(columns.filter((name) => name !== "Name")).toEqual(wanted);
    expect(wanted.map((name) => cells[columns.indexOf(name)])).toEqual([
      age,
      "Warning",
      "Tested",
      "widget/web",
      "it ran",
    ]);
  });

  mistake(19, "one object, a new one and a watched one are tables like a list", async ({ configMaps }) => {
    const columnsIn = (json: Json): string[] =>
      (json.columnDefinitions as Json[]).map(({ name }) => name as string);
    const made = await configMaps.post(configMaps.object("a"), {}, TABLE);
    const read = await configMaps.get("a", {}, TABLE);
    const list = await configMaps.get("", {}, TABLE);
    const watch = await configMaps.watch({ fieldSelector: "metadata.name=a" }, TABLE);
    const [added] = await watch.first(1);
    for (const json of [made.json, read.json, added!.object] as Json[]) {
      expect(columnsIn(json)).toEqual(columnsIn(list.json));
      expect(json.rows).toMatchObject([{ cells: ["a", 0, expect.any(String)] }]);
    }
  });
});
