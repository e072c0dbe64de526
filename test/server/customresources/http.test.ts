import { expect } from "vitest";
import { test, type TestServer } from "../http/harness.ts";
import { version, widget, widgets } from "./fixture.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const DEFINITION = `${DEFINITIONS}/widgets.example.com`;
const WIDGETS = "/apis/example.com/v1/namespaces/default/widgets";
const ONE = `${WIDGETS}/one`;
const MERGE = { "content-type": "application/merge-patch+json" };
const TABLE = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };

const schema = {
  openAPIV3Schema: {
    type: "object",
    properties: {
      spec: { type: "object", properties: { replicas: { type: "integer" }, color: { type: "string" } } },
      status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    },
  },
};
const scale = {
  specReplicasPath: ".spec.replicas",
  statusReplicasPath: ".status.replicas",
  labelSelectorPath: ".status.selector",
};
const scalable = widgets({}, { schema, subresources: { status: {}, scale } });

async function define(server: TestServer, definition: object): Promise<void> {
  const { status, text } = await server.ask(DEFINITIONS, { method: "POST", body: definition });
  expect([status, text]).toEqual([201, expect.anything()]);
}
const create = (server: TestServer, spec: object) =>
  server.ask(WIDGETS, { method: "POST", body: widget(spec) });
const patchScale = (server: TestServer, body: object, headers: Record<string, string> = MERGE) =>
  server.ask(`${ONE}/scale`, { method: "PATCH", headers, body });

test("the scale of an object is read where its definition says", async ({ server }) => {
  await define(server, scalable);
  await create(server, { replicas: 2 });
  const body = { status: { replicas: 1, selector: "app=one" } };
  await server.ask(`${ONE}/status`, { method: "PATCH", headers: MERGE, body });
  const { json } = await server.ask(ONE);
  const { uid, resourceVersion, creationTimestamp } = json.metadata;
  const answer = await server.ask(`${ONE}/scale`);
  expect([answer.status, answer.json]).toEqual([
    200,
    {
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      metadata: { name: "one", namespace: "default", uid, resourceVersion, creationTimestamp },
      spec: { replicas: 2 },
      status: { replicas: 1, selector: "app=one" },
    },
  ]);
});

test("a scale is patched and replaced, and nothing else of the object changes", async ({ server }) => {
  await define(server, scalable);
  await create(server, { replicas: 2, color: "red" });
  const patched = await patchScale(server, { spec: { replicas: 3 } });
  expect([patched.status, patched.json.spec]).toEqual([200, { replicas: 3 }]);
  const json = [{ op: "replace", path: "/spec/replicas", value: 4 }];
  const type = { "content-type": "application/json-patch+json" };
  expect((await patchScale(server, json, type)).json.spec).toEqual({ replicas: 4 });
  const body = { ...patched.json, spec: { replicas: 5 } };
  const stale = await server.ask(`${ONE}/scale`, { method: "PUT", body });
  expect([stale.status, stale.json.reason]).toEqual([409, "Conflict"]);
  const current = (await server.ask(`${ONE}/scale`)).json;
  const put = await server.ask(`${ONE}/scale`, {
    method: "PUT",
    body: { ...current, spec: { replicas: 6 } },
  });
  expect([put.status, put.json.spec]).toEqual([200, { replicas: 6 }]);
  const object = (await server.ask(ONE)).json;
  expect([object.spec, object.metadata.generation]).toEqual([{ replicas: 6, color: "red" }, 4]);
  const managers = object.metadata.managedFields as { subresource?: string }[];
  expect(managers.some(({ subresource }) => subresource === "scale")).toBe(true);
});

test("concurrent patches of a scale do not conflict", async ({ server }) => {
  await define(server, scalable);
  await create(server, { replicas: 0 });
  const all = await Promise.all(
    [1, 2, 3, 4, 5].map((replicas) => patchScale(server, { spec: { replicas } })),
  );
  expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
});

test("a scale is applied, and then owned by who applied it", async ({ server }) => {
  await define(server, scalable);
  await create(server, { replicas: 1 });
  const body = {
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: { name: "one" },
    spec: { replicas: 7 },
  };
  const headers = { "content-type": "application/apply-patch+yaml" };
  const path = `${ONE}/scale?fieldManager=me`;
  const conflict = await server.ask(path, { method: "PATCH", headers, body });
  expect([conflict.status, conflict.json.reason]).toEqual([409, "Conflict"]);
  const applied = await server.ask(`${path}&force=true`, { method: "PATCH", headers, body });
  expect([applied.status, applied.json.spec]).toEqual([200, { replicas: 7 }]);
});

const badScales: [body: object, status: number, message: string][] = [
  [{ spec: { replicas: -1 } }, 422, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
  [{ spec: { replicas: "3" } }, 422, "must be of type integer"],
  [{ spec: [] }, 400, "metadata and spec of a Scale are objects"],
  [{ kind: "Widget" }, 400, "must be a Scale of autoscaling/v1"],
  [{ metadata: { name: "other" } }, 400, "does not match the name on the URL"],
  [{ metadata: { uid: "other" } }, 409, "UID in precondition"],
];

for (const [body, status, message] of badScales)
  test(`a scale that cannot be is refused: ${message}`, async ({ server }) => {
    await define(server, scalable);
    await create(server, { replicas: 1 });
    const answer = await patchScale(server, body);
    expect([answer.status, answer.json.message]).toEqual([status, expect.stringContaining(message)]);
  });

test("an object that does not say how many it wants has no scale until it is told", async ({ server }) => {
  await define(server, scalable);
  await create(server, {});
  const { status, json } = await server.ask(`${ONE}/scale`);
  expect([status, json.message]).toEqual([422, expect.stringContaining("spec.replicas: Required value")]);
  expect((await patchScale(server, { spec: { replicas: 2 } })).json.spec).toEqual({ replicas: 2 });
  expect((await server.ask(`${ONE}/scale`)).status).toBe(200);
  expect((await server.ask(`${WIDGETS}/none/scale`)).status).toBe(404);
  expect((await server.ask(`${ONE}/scale`, { method: "DELETE" })).status).toBe(405);
});

test("who uses a deprecated version is warned, whatever the request", async ({ server }) => {
  const versions = [
    version({ name: "v1", deprecated: true }),
    version({ name: "v1beta1", storage: false, deprecated: true, deprecationWarning: "use v1" }),
  ];
  await define(server, widgets({}, {}, { versions }));
  const warning = async (path: string, asked = {}) => (await server.ask(path, asked)).headers["warning"];
  expect(await warning(WIDGETS)).toBe('299 - "example.com/v1 Widget is deprecated"');
  expect(await warning(WIDGETS.replace("v1", "v1beta1"))).toBe('299 - "use v1"');
  const body = { ...widget(), spec: { unknown: 1 } };
  expect(await warning(WIDGETS, { method: "POST", body })).toBe(
    '299 - "example.com/v1 Widget is deprecated", 299 - "unknown field "spec""'.replace(
      '"spec"',
      '\\"spec\\"',
    ),
  );
});

test("rules 26, 37, 52 and 62: custom objects are served as Kubernetes serves them", async ({ server }) => {
  await define(server, scalable);
  await create(server, { color: "red" });
  const head = await server.ask(ONE, { method: "HEAD" });
  expect([head.status, head.text]).toEqual([200, ""]);
  const strategic = { "content-type": "application/strategic-merge-patch+json" };
  expect((await server.ask(ONE, { method: "PATCH", headers: strategic, body: {} })).status).toBe(415);
  const protobuf = { "content-type": "application/vnd.kubernetes.protobuf" };
  const created = await server.ask(WIDGETS, { method: "POST", headers: protobuf, body: "k8s" });
  expect(created.status).toBe(415);
  const only = { accept: "application/vnd.kubernetes.protobuf" };
  expect((await server.ask(ONE, { headers: only })).status).toBe(406);
  const put = await server.ask(ONE, { method: "PUT", body: widget({ color: "blue" }) });
  expect([put.status, put.json.message]).toEqual([422, expect.stringContaining("metadata.resourceVersion")]);
  const kindless = await server.ask(WIDGETS, { method: "POST", body: { metadata: { name: "a" } } });
  expect(kindless.status).toBe(400);
});

test("rule 38: a table has the columns of the definition", async ({ server }) => {
  const additionalPrinterColumns = [
    { name: "Color", type: "string", jsonPath: ".spec.color" },
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Last", type: "integer", jsonPath: ".status.list[-1].n", priority: 1 },
    { name: "Labels", type: "string", jsonPath: ".metadata.labels" },
    { name: "Flag", type: "boolean", jsonPath: ".spec.color" },
    { name: "Old", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ];
  await define(server, widgets({}, { schema, subresources: { status: {} }, additionalPrinterColumns }));
  await server.ask(WIDGETS, {
    method: "POST",
    body: { ...widget({ color: "red" }), metadata: { name: "one", labels: { a: "b" } } },
  });
  const conditions = [
    { type: "Other", status: "False" },
    { type: "Ready", status: "True" },
  ];
  const body = { status: { conditions, list: [{ n: 1 }, { n: 2 }] } };
  await server.ask(`${ONE}/status`, { method: "PATCH", headers: MERGE, body });
  const { json } = await server.ask(WIDGETS, { headers: TABLE });
  expect(
    json.columnDefinitions.map(({ name, type, priority }: Record<string, unknown>) => [name, type, priority]),
  ).toEqual([
    ["Name", "string", 0],
    ["Color", "string", 0],
    ["Ready", "string", 0],
    ["Last", "integer", 1],
    ["Labels", "string", 0],
    ["Flag", "boolean", 0],
    ["Old", "date", 0],
  ]);
  expect(json.rows[0].cells).toEqual([
    "one",
    "red",
    "True",
    2,
    '{"a":"b"}',
    null,
    expect.stringMatching(/^\d+s$/),
  ]);
});

test("a table without columns of its own has the age", async ({ server }) => {
  await define(server, widgets());
  await create(server, {});
  const { json } = await server.ask(WIDGETS, { headers: TABLE });
  expect(json.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual(["Name", "Age"]);
});

test("a list is of the kind that the definition names", async ({ server }) => {
  const names = { kind: "Widget", plural: "widgets", listKind: "Widgetry" };
  await define(server, widgets({}, {}, { names }));
  expect((await server.ask(WIDGETS)).json).toMatchObject({ kind: "Widgetry", items: [] });
});

test("no more objects are taken while a definition is being deleted, and what is there can be read", async ({
  server,
}) => {
  await define(server, scalable);
  await create(server, { color: "red" });
  const deleted = await server.ask(DEFINITION, { method: "DELETE" });
  expect([deleted.status, deleted.json.kind]).toEqual([200, "CustomResourceDefinition"]);
  const refused = await server.ask(WIDGETS, {
    method: "POST",
    body: { ...widget(), metadata: { name: "two" } },
  });
  expect([refused.status, refused.json.reason]).toEqual([405, "MethodNotAllowed"]);
  const headers = { "content-type": "application/apply-patch+yaml" };
  const body = { ...widget(), metadata: { name: "two" } };
  const applied = await server.ask(`${WIDGETS}/two?fieldManager=me`, { method: "PATCH", headers, body });
  expect(applied.status).toBe(405);
  expect((await server.ask(ONE)).json.spec).toEqual({ color: "red" });
  await server.ask(DEFINITION, { method: "PATCH", headers: MERGE, body: { metadata: { finalizers: null } } });
  expect((await server.ask(ONE)).status).toBe(404);
});
