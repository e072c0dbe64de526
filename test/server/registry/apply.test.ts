import { expect } from "vitest";
import { test } from "../../helpers/registry.ts";
import { apply, errorOf, fieldsOf, managersOf, target, web } from "./applying.ts";

const spec = { argv: ["a"] };

test("rule 66: an apply creates what is not there, and then changes it", async ({ registry }) => {
  const first = await apply(registry, web({ argv: ["a"] }));
  expect(first.created).toBe(true);
  expect(first.object.metadata).toMatchObject({ name: "web", namespace: "default", generation: 1 });
  expect(first.object["spec"]).toMatchObject({ argv: ["a"], daemon: false });
  const second = await apply(registry, web({ argv: ["b"] }));
  expect(second.created).toBe(false);
  expect(second.object.metadata).toMatchObject({ uid: first.object.metadata.uid, generation: 2 });
  expect(registry.get(target).object).toEqual(second.object);
});

test("rule 66: who applies owns what it applied, and not what was filled in", async ({ registry }) => {
  const { object } = await apply(registry, web({ argv: ["a"] }, { labels: { app: "x" } }));
  expect(object.metadata.managedFields).toEqual([
    {
      manager: "me",
      operation: "Apply",
      apiVersion: "tiltish.dev/v1alpha1",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      fieldsType: "FieldsV1",
      fieldsV1: { "f:metadata": { "f:labels": { "f:app": {} } }, "f:spec": { "f:argv": {} } },
    },
  ]);
});

test.for<[what: string, body: unknown, code: number, message: RegExp]>([
  ["another name", web(spec, { name: "other" }), 400, /does not match the name on the URL/],
  ["no name", web(spec, { name: undefined, generateName: "web-" }), 400, /metadata.name must be given/],
  ["another namespace", web(spec, { namespace: "other" }), 400, /namespace/],
  ["no kind", { ...web(spec), kind: undefined }, 400, /'kind' is missing/],
  ["no apiVersion", { ...web(spec), apiVersion: undefined }, 400, /'apiVersion' is missing/],
  ["another version", { ...web(spec), apiVersion: "tiltish.dev/v2" }, 400, /does not match the expected/],
  ["no object", ["a"], 400, /must be an object/],
  ["managedFields", web(spec, { managedFields: [] }), 400, /^metadata.managedFields must be nil$/],
  ["an unknown field", web({ ...spec, x: 1 }), 400, /\.spec\.x: field not declared in schema/],
  ["a value of a wrong type", web({ argv: "a" }), 422, /spec.argv/],
  ["what is not valid", web({ argv: [] }), 422, /spec.argv/],
  ["a uid of nothing", web(spec, { uid: "u" }), 409, /uid mismatch.*no existing object/],
  ["a resourceVersion of nothing", web(spec, { resourceVersion: "1" }), 400, /resourceVersion/],
  [
    "one port twice",
    web({ ...spec, ports: [{ name: "http" }, { name: "http", port: 1 }] }),
    422,
    /spec\.ports\[1\]: Duplicate value: \{"name":"http"\}/,
  ],
  [
    "a port without a name",
    web({ ...spec, ports: [{ port: 1 }] }),
    422,
    /spec\.ports\[0\]\.name: Required value/,
  ],
  [
    "a finalizer twice",
    web(spec, { finalizers: ["x.dev/y", "x.dev/y"] }),
    422,
    /metadata\.finalizers\[1\]: Duplicate/,
  ],
])("rules 66, 67, 73: %s cannot be applied", async ([, body, code, message], { registry }) => {
  expect(await errorOf(apply(registry, body))).toMatchObject({
    code,
    message: expect.stringMatching(message) as string,
  });
  expect(() => registry.get(target)).toThrow("not found");
});

test("rule 66: who applies must say who it is", async ({ registry }) => {
  const error = await errorOf(apply(registry, web(spec), { fieldManager: "" }));
  expect(error).toMatchObject({ code: 422, details: { causes: [{ field: "fieldManager" }] } });
});

test("rule 48: an apply creates nothing in a namespace that is not there", async ({ registry }) => {
  const error = await errorOf(apply(registry, web(spec), {}, { ...target, namespace: "nowhere" }));
  expect(error).toMatchObject({ code: 404, message: 'namespaces "nowhere" not found' });
});

test("rule 69: what is no longer applied goes, or is filled in again", async ({ registry }) => {
  await apply(registry, web({ argv: ["a"], env: { A: "1", B: "1" }, daemon: true }));
  await registry.patch(
    target,
    { type: "merge", body: { spec: { env: { C: "1" } } } },
    { fieldManager: "edit" },
  );
  const { object } = await apply(registry, web({ argv: ["a"], env: { A: "1" } }));
  expect(object["spec"]).toMatchObject({ env: { A: "1", C: "1" }, daemon: false });
});

test("rule 70: others' fields are in conflict, nothing is written, and force takes them", async ({
  registry,
}) => {
  await registry.create(target, web({ argv: ["a"], env: { A: "1" } }), { fieldManager: "creator" });
  const before = registry.get(target);
  const wanted = web({ argv: ["b"], env: { A: "2", B: "2" } });
  const error = await errorOf(apply(registry, wanted));
  expect(error).toMatchObject({
    code: 409,
    reason: "Conflict",
    message: [
      'Apply failed with 2 conflicts: conflicts with "creator" using tiltish.dev/v1alpha1:',
      "- .spec.argv",
      "- .spec.env.A",
    ].join("\n"),
    details: {
      name: "web",
      group: "tiltish.dev",
      kind: "localprocesses",
      causes: [".spec.argv", ".spec.env.A"].map((field) => ({
        reason: "FieldManagerConflict",
        message: 'conflict with "creator" using tiltish.dev/v1alpha1',
        field,
      })),
    },
  });
  expect(registry.get(target)).toBe(before);
  const { object } = await apply(registry, wanted, { force: true });
  expect(object["spec"]).toMatchObject({ argv: ["b"], env: { A: "2", B: "2" } });
  expect(JSON.stringify(fieldsOf(object, "creator"))).not.toContain("argv");
});

test("rule 73: what cannot be is said before whom it would be in conflict with", async ({ registry }) => {
  await registry.create(target, web({ argv: ["a"] }), { fieldManager: "creator" });
  expect(await errorOf(apply(registry, web({ argv: "b" })))).toMatchObject({
    code: 422,
    details: { kind: "LocalProcess", causes: [{ field: "spec.argv", reason: "FieldValueTypeInvalid" }] },
  });
});

test("rule 70: one conflict is told in one line", async ({ registry }) => {
  await registry.create(target, web({ argv: ["a"] }), { fieldManager: "creator" });
  expect(await errorOf(apply(registry, web({ argv: ["b"] })))).toMatchObject({
    message: 'Apply failed with 1 conflict: conflict with "creator" using tiltish.dev/v1alpha1: .spec.argv',
  });
});

test("rule 69: to apply what another one has applied makes two owners, which is a change", async ({
  registry,
}) => {
  const first = await apply(registry, web({ argv: ["a"] }));
  const second = await apply(registry, web({ argv: ["a"] }), { fieldManager: "you" });
  expect(second.object.metadata.generation).toBe(1);
  expect(second.object.metadata.resourceVersion).not.toBe(first.object.metadata.resourceVersion);
  expect(managersOf(second.object)).toEqual(["me", "you"]);
});

test("rules 58 and 59: an apply to the status owns nothing else, and one to the object not the status", async ({
  registry,
}) => {
  await apply(registry, { ...web({ argv: ["a"] }), status: { pid: 1 } });
  const body = { ...web({ argv: ["b"] }, { labels: { x: "y" } }), status: { pid: 7 } };
  const { object } = await apply(registry, body, { subresource: "status" });
  expect(object).toMatchObject({ spec: { argv: ["a"] }, status: { pid: 7 }, metadata: { generation: 1 } });
  expect(object.metadata.labels).toBeUndefined();
  expect(fieldsOf(object, "me", "status")).toEqual({ "f:status": { "f:pid": {} } });
  expect(fieldsOf(object, "me")).toEqual({ "f:spec": { "f:argv": {} } });
  const again = await apply(registry, { ...web({ argv: ["a"] }), status: { pid: 9 } });
  expect(again.object).toEqual(object);
});

test("rule 59: the status of what is not there cannot be applied", async ({ registry }) => {
  const error = await errorOf(apply(registry, { ...web(spec), status: {} }, { subresource: "status" }));
  expect(error).toMatchObject({ code: 404, reason: "NotFound" });
});

test("rule 60: conditions of several appliers stand side by side", async ({ registry }) => {
  await apply(registry, web(spec));
  const condition = (type: string, status = "True") => ({
    type,
    status,
    reason: "R",
    message: "",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  });
  const say = (fieldManager: string, ...conditions: object[]) =>
    apply(registry, { ...web(), status: { conditions } }, { fieldManager, subresource: "status" });
  await say("a", condition("Ready"));
  await say("b", condition("Checked"), condition("Other"));
  expect(await errorOf(say("b", condition("Ready", "False")))).toMatchObject({
    code: 409,
    message:
      'Apply failed with 1 conflict: conflict with "a" with subresource "status": .status.conditions[type="Ready"].status',
  });
  const { object } = await say("b", condition("Checked"));
  const { conditions } = object["status"] as { conditions: { type: string }[] };
  expect(conditions.map(({ type }) => type)).toEqual(["Ready", "Checked"]);
});

test("rule 63: a resourceVersion or uid in what is applied is a precondition", async ({ registry }) => {
  const { object } = await apply(registry, web(spec));
  const { uid, resourceVersion } = object.metadata;
  await apply(registry, web({ argv: ["b"] }, { uid, resourceVersion }));
  expect(await errorOf(apply(registry, web({ argv: ["c"] }, { resourceVersion })))).toMatchObject({
    code: 409,
  });
  const stranger = apply(
    registry,
    { ...web(), status: {}, metadata: { name: "web", uid: "x" } },
    { subresource: "status" },
  );
  expect(await errorOf(stranger)).toMatchObject({ code: 409 });
});

test("rule 64: force is for an apply only", async ({ registry }) => {
  await apply(registry, web(spec));
  const forced = registry.patch(target, { type: "merge", body: {} }, { force: true });
  expect(await errorOf(forced)).toMatchObject({ code: 422, details: { causes: [{ field: "force" }] } });
});

test("rule 74: an apply that is only tried changes nothing", async ({ registry }) => {
  const tried = await apply(registry, web(spec), { dryRun: true });
  expect([tried.created, tried.object.metadata.resourceVersion]).toEqual([true, undefined]);
  expect(managersOf(tried.object)).toEqual(["me"]);
  expect(() => registry.get(target)).toThrow("not found");
  await registry.create(target, web(spec), { fieldManager: "creator" });
  const before = registry.get(target);
  expect(await errorOf(apply(registry, web({ argv: ["b"] }), { dryRun: true }))).toMatchObject({ code: 409 });
  await apply(registry, web({ argv: ["b"] }), { dryRun: true, force: true });
  expect(registry.get(target)).toBe(before);
});

test("rule 75: what is applied twice in the text is warned of, or refused", async ({ registry }) => {
  const twice = { duplicateFields: ["spec.argv"] };
  const { warnings } = await apply(registry, web(spec), twice);
  expect(warnings).toEqual(['duplicate field "spec.argv"']);
  const strict = apply(registry, web(spec), { ...twice, fieldValidation: "Strict" });
  expect(await errorOf(strict)).toMatchObject({
    code: 400,
    message: expect.stringContaining("strict decoding") as string,
  });
});
