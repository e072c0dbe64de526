import { expect } from "vitest";
import { kind, test } from "../../helpers/registry.ts";

const process = (metadata: object, spec: object = { argv: ["true"] }, more: object = {}) => ({
  apiVersion: "tiltish.dev/v1alpha1",
  kind: "LocalProcess",
  metadata,
  spec,
  ...more,
});
const inDefault = { kind: kind("LocalProcess"), namespace: "default" };

test("rule 42: a new object gets uid, time, resourceVersion and generation from the server, whatever the client sent", async ({
  registry,
}) => {
  const { object } = await registry.create(
    inDefault,
    process(
      { name: "web", uid: "mine", generation: 7, creationTimestamp: "2001-01-01T00:00:00Z" },
      undefined,
      {
        status: { pid: 1 },
      },
    ),
    {},
  );
  expect(object.metadata).toMatchObject({ name: "web", namespace: "default", generation: 1 });
  expect(object.metadata.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/);
  expect(object.metadata.creationTimestamp).toMatch(/^20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect(Number(object.metadata.resourceVersion)).toBeGreaterThan(0);
  expect(object).not.toHaveProperty("status");
});

test("defaults of the schema are stored, nested ones too", async ({ registry }) => {
  const { object } = await registry.create(inDefault, process({ name: "web" }), {});
  expect(object["spec"]).toMatchObject({
    inheritEnv: true,
    initialRun: true,
    disabled: false,
    backoff: { initial: "500ms", max: "30s", resetAfter: "60s" },
    stop: { signal: "SIGTERM", gracePeriodSeconds: 10 },
  });
});

test("rule 44: a resourceVersion on create is refused", async ({ registry }) => {
  await expect(
    registry.create(inDefault, process({ name: "web", resourceVersion: "4" }), {}),
  ).rejects.toMatchObject({
    code: 400,
  });
});

test.for(["Web", "-a", "a..b", "a/b", ".", "a%b", "x".repeat(254)])(
  "rule 45: %j is no name, and the error names metadata.name",
  async (name, { registry }) => {
    await expect(registry.create(inDefault, process({ name }), {})).rejects.toMatchObject({
      code: 422,
      reason: "Invalid",
      details: { kind: "LocalProcess", group: "tiltish.dev", causes: [{ field: "metadata.name" }] },
    });
  },
);

test("rule 45: an object without any name is refused", async ({ registry }) => {
  await expect(registry.create(inDefault, process({}), {})).rejects.toMatchObject({
    code: 422,
    details: { causes: [{ reason: "FieldValueRequired", field: "metadata.name" }] },
  });
});

test("rule 46: generateName gives a name with a random end, and stays on the object", async ({
  registry,
}) => {
  const { object } = await registry.create(inDefault, process({ generateName: `${"a".repeat(70)}-` }), {});
  expect(object.metadata.name).toMatch(/^a{58}[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  expect(object.metadata.generateName).toHaveLength(71);
});

test.for([
  ["another apiVersion", { apiVersion: "v1" }],
  ["another kind", { kind: "FileWatch" }],
  ["no kind", { kind: undefined }],
  ["another namespace", { metadata: { name: "web", namespace: "other" } }],
])("rule 47: a body with %s than the URL says is refused", async ([, change], { registry }) => {
  await expect(
    registry.create(inDefault, { ...process({ name: "web" }), ...(change as object) }, {}),
  ).rejects.toMatchObject({
    code: 400,
    reason: "BadRequest",
  });
});

test("rule 48: creating in a namespace that is not there is a 404 that names it", async ({ registry }) => {
  const nowhere = { ...inDefault, namespace: "nowhere" };
  await expect(registry.create(nowhere, process({ name: "web" }), {})).rejects.toMatchObject({
    code: 404,
    message: 'namespaces "nowhere" not found',
  });
});

test("creating in a namespace that is being deleted is forbidden", async ({ registry }) => {
  await registry.delete({ kind: kind("Namespace"), namespace: "", name: "other" }, {});
  await expect(
    registry.create({ ...inDefault, namespace: "other" }, process({ name: "web" }), {}),
  ).rejects.toMatchObject({ code: 403, message: expect.stringContaining("is being terminated") as string });
});

test("a name can be taken once", async ({ registry }) => {
  await registry.create(inDefault, process({ name: "web" }), {});
  await expect(registry.create(inDefault, process({ name: "web" }), {})).rejects.toMatchObject({
    code: 409,
    reason: "AlreadyExists",
    details: { name: "web", kind: "localprocesses", group: "tiltish.dev" },
  });
});

test("rule 50: each wrong field is named, all in one answer", async ({ registry }) => {
  const spec = { argv: "npm start", stop: { signal: "SIGFOO" }, backoff: { max: "soon" } };
  await expect(registry.create(inDefault, process({ name: "web" }, spec), {})).rejects.toMatchObject({
    code: 422,
    details: {
      causes: expect.arrayContaining([
        expect.objectContaining({ field: "spec.argv", reason: "FieldValueTypeInvalid" }),
        expect.objectContaining({ field: "spec.stop.signal", reason: "FieldValueNotSupported" }),
        expect.objectContaining({
          field: "spec.backoff.max",
          message: expect.stringContaining("duration") as string,
        }),
      ]) as unknown[],
    },
  });
});

test.for([
  [{}, "spec.argv"],
  [{ argv: [] }, "spec.argv"],
  [{ argv: ["a\0b"] }, "spec.argv[0]"],
  [{ argv: ["a", "$(port:http)"] }, "spec.argv[1]"],
  [{ argv: ["a"], readinessProbe: {} }, "spec.readinessProbe"],
  [{ argv: ["a"], readinessProbe: { httpGet: { port: 70_000 } } }, "spec.readinessProbe.httpGet.port"],
  [{ argv: ["a"], readinessProbe: { tcpSocket: { port: "http" } } }, "spec.readinessProbe.tcpSocket.port"],
  [{ argv: ["a"], readinessProbe: { logLine: { pattern: "(" } } }, "spec.readinessProbe.logLine.pattern"],
  [{ argv: ["a"], env: { "A=B": "c" } }, 'spec.env["A=B"]'],
  [{ argv: ["a"], env: { A: 1 } }, "spec.env.A"],
])("CMD-5: a process with %j is refused at %s", async ([spec, field], { registry }) => {
  await expect(
    registry.create(inDefault, process({ name: "web" }, spec as object), {}),
  ).rejects.toMatchObject({
    code: 422,
    details: { causes: [expect.objectContaining({ field })] },
  });
});

test("rule 75: an unknown field is an error under Strict, a warning by default, and nothing under Ignore", async ({
  registry,
}) => {
  const body = (name: string) => process({ name, lables: {} }, { argv: ["a"], enviroment: {} });
  await expect(registry.create(inDefault, body("a"), { fieldValidation: "Strict" })).rejects.toMatchObject({
    code: 400,
    message: 'strict decoding error: unknown field "metadata.lables", unknown field "spec.enviroment"',
  });
  const warned = await registry.create(inDefault, body("b"), {});
  expect(warned.warnings).toEqual(['unknown field "metadata.lables"', 'unknown field "spec.enviroment"']);
  expect(warned.object["spec"]).not.toHaveProperty("enviroment");
  const ignored = await registry.create(inDefault, body("c"), { fieldValidation: "Ignore" });
  expect(ignored.warnings).toEqual([]);
});

test("rule 74: a dry run checks everything and stores nothing", async ({ registry, store }) => {
  const before = store.revision;
  const { object } = await registry.create(inDefault, process({ name: "web" }), { dryRun: true });
  expect(object.metadata.uid).toBeTruthy();
  expect(object.metadata).not.toHaveProperty("resourceVersion");
  expect(store.revision).toBe(before);
  await registry.create(inDefault, process({ name: "web" }), {});
  await expect(registry.create(inDefault, process({ name: "web" }), { dryRun: true })).rejects.toMatchObject({
    code: 409,
  });
});

test("stringData of a Secret is stored as data and never answered", async ({ registry }) => {
  const secret = { metadata: { name: "s" }, stringData: { password: "hunter2" } };
  const { object } = await registry.create({ kind: kind("Secret"), namespace: "default" }, secret, {});
  expect(object).toMatchObject({ data: { password: "aHVudGVyMg==" }, type: "Opaque" });
  expect(object).not.toHaveProperty("stringData");
});

test("nulls are how clients say that a field is not there", async ({ registry }) => {
  const body = process(
    { name: "web", creationTimestamp: null, labels: null },
    { argv: ["a"], env: null, dir: null },
  );
  const { object } = await registry.create(inDefault, body, { fieldValidation: "Strict" });
  expect(object["spec"]).not.toHaveProperty("env");
});

test.for([
  { name: 5 },
  { generateName: 5 },
  { name: "web", labels: "x" },
  { name: "web", annotations: [] },
  { name: "web", finalizers: "x" },
  { name: "web", ownerReferences: {} },
  { name: "web", uid: {} },
])("metadata of a wrong type is a 400: %j", async (metadata, { registry }) => {
  const body = process(metadata);
  await expect(registry.create(inDefault, body, {})).rejects.toMatchObject({ code: 400 });
  const namespace = { metadata };
  const inNone = { kind: kind("Namespace") };
  await expect(registry.create(inNone, namespace, {})).rejects.toMatchObject({ code: 400 });
});

test.for([
  [{ annotations: { a: 5 } }, ["metadata.annotations[a]"]],
  [{ finalizers: [5] }, ["metadata.finalizers[0]"]],
  [
    { ownerReferences: [{ apiVersion: "v1", kind: "A", name: "a", uid: "u", controller: "yes" }] },
    ["metadata.ownerReferences[0].controller"],
  ],
] as const)("rule 49: what is wrong in %j is named", async ([metadata, fields], { registry }) => {
  await expect(registry.create(inDefault, process({ name: "web", ...metadata }), {})).rejects.toMatchObject({
    code: 422,
    details: { causes: fields.map((field) => ({ field })) },
  });
});

test.for([
  ["Secret", { data: "abc", stringData: { a: "b" } }, "data: "],
  ["ConfigMap", { data: { a: 1 } }, "data.a: "],
  ["Lease", { spec: { leaseDurationSeconds: "15" } }, "spec.leaseDurationSeconds: "],
] as const)("rule 50: a %s with %j cannot be read as one", async ([name, fields, field], { registry }) => {
  const collection = { kind: kind(name), namespace: "default" };
  await expect(registry.create(collection, { metadata: { name: "a" }, ...fields }, {})).rejects.toMatchObject(
    { code: 400, message: expect.stringContaining(field) },
  );
});

test.for([
  ["Secret", { data: { a: "not base64" } }, "data.a"],
  ["Secret", { data: { "a b": "YQ==" } }, "data"],
  ["ConfigMap", { binaryData: { a: "YQ=" } }, "binaryData.a"],
] as const)(
  "a %s with %j is refused: typed clients could not read it",
  async ([name, fields, field], { registry }) => {
    const collection = { kind: kind(name), namespace: "default" };
    await expect(
      registry.create(collection, { metadata: { name: "a" }, ...fields }, {}),
    ).rejects.toMatchObject({
      code: 422,
      details: { causes: [{ field }] },
    });
  },
);

test("a million mistakes make a short answer, soon", async ({ registry }) => {
  const numbers = process({ name: "web" }, { argv: Array.from({ length: 1_000_000 }, () => 1) });
  const labels = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`not a key ${i}`, "x"]));
  const unknown = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`field${i}`, "x"]));
  for (const body of [numbers, process({ name: "web", labels }), process({ name: "web" }, unknown)]) {
    const error: unknown = await registry
      .create(inDefault, body, { fieldValidation: "Strict" })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: expect.toBeOneOf([400, 422]) as number });
    expect(JSON.stringify(error) + String(error)).toHaveProperty(
      "length",
      expect.toSatisfy((n) => n < 50_000),
    );
  }
});

test.for([
  ["2026-01-31T12:00:00.000000Z", undefined],
  ["2024-02-29T23:59:59.999999+05:30", undefined],
  ["2026-01-31T12:00:00Z", "pattern"],
  ["2026-01-31T12:00:00.123Z", "pattern"],
  ["2026-02-30T12:00:00.000000Z", "RFC 3339"],
  ["2026-01-31T24:00:00.000000Z", "RFC 3339"],
  ["2026-13-01T00:00:00.000000Z", "RFC 3339"],
  ["yesterday", "RFC 3339"],
] as const)("a Lease is renewed at %s, or not: %s", async ([renewTime, problem], { registry }) => {
  const leases = { kind: kind("Lease"), namespace: "default" };
  const created = registry.create(leases, { metadata: { name: "a" }, spec: { renewTime } }, {});
  if (problem === undefined) expect((await created).object["spec"]).toEqual({ renewTime });
  else
    await expect(created).rejects.toMatchObject({
      code: 422,
      message: expect.stringContaining(problem) as string,
    });
});
