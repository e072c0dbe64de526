import { expect, test as plain } from "vitest";
import { ConfigMap } from "../../../apis/core/index.ts";
import { StatusError } from "../../../apis/errors.ts";
import { isImmutable } from "../../../controllers/k8s/engine/immutable.ts";
import { configMap, type Loop, NAME, test, WAIT } from "./fixture.ts";

const refusal = (...messages: string[]) => ({
  code: 422,
  message: `StatefulSet.apps "web" is invalid: ${messages.join(", ")}`,
  details: { name: "web", causes: messages.map((message) => ({ message, field: "spec" })) },
});

plain.for([
  "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations)\n  core.PodSpec{\n- a\n+ b",
  'Invalid value: core.PodTemplateSpec{ObjectMeta:v1.ObjectMeta{Name:""}}: field is immutable',
  'Invalid value: []string{"10.0.0.1"}: may not change once set',
  'Invalid value: rbac.RoleRef{APIGroup:"rbac.authorization.k8s.io"}: cannot change roleRef',
  "Forbidden: field is immutable when `immutable` is set",
  "Forbidden: updates to parameters are forbidden.",
  "Forbidden: may not be changed in an update.",
  'Invalid value: "string": Value is immutable',
])("that it cannot be changed in place is understood of: %s", (message) => {
  const { code, message: text, details } = refusal(message);
  expect(isImmutable(new StatusError(code, "Invalid", text, details))).toBe(true);
});

plain.for([
  ['Invalid value: "the field is immutable": must be no more than 63 characters'],
  ['Unsupported value: "immutable": supported values: "a", "b"'],
  ["Required value"],
  ["Invalid value: 2: field is immutable", "Required value: must be given"],
] as const)("what could not be made anew either is not taken for it: %s", (messages) => {
  const { code, message, details } = refusal(...messages);
  expect(isImmutable(new StatusError(code, "Invalid", message, details))).toBe(false);
});

const refuseOnce = (loop: Loop, fault: { code: number; message: string; details?: object }): void => {
  let isRefused = true;
  loop.cluster.front.fault = ({ method }) => {
    if (method !== "PATCH" || !isRefused) return undefined;
    isRefused = false;
    return fault;
  };
};

test("what cannot be changed in place is deleted and made anew, and that is told", async ({ loop }) => {
  await loop.create({ yaml: configMap("settings"), podReadinessMode: "Ignore" });
  await loop.ready();
  const first = (await loop.status()).deployedUIDs;
  refuseOnce(loop, refusal("Invalid value: 1: field is immutable"));
  await loop.change({ yaml: configMap("settings", { a: "2" }) });
  const data = async () => (await loop.cluster.client.get(ConfigMap, "settings"))?.data;
  await expect.poll(data, WAIT).toEqual({ a: "2" });
  await loop.ready();
  expect((await loop.status()).deployedUIDs).not.toEqual(first);
  await expect
    .poll(() => loop.events(), WAIT)
    .toContainEqual(expect.objectContaining({ reason: "Replaced" }));
});

test("what cannot be changed in place and was put there by somebody else is not deleted", async ({
  loop,
}) => {
  const theirs = { metadata: { name: "settings" }, data: { a: "theirs" } };
  await loop.cluster.client.createObject(ConfigMap, theirs);
  loop.cluster.front.fault = ({ method }) =>
    method === "PATCH" ? refusal("Invalid value: 1: field is immutable") : undefined;
  await loop.create({ yaml: configMap("settings"), podReadinessMode: "Ignore" });
  await loop.until("Ready", { reason: "Immutable" });
  expect((await loop.condition()).message).toMatch(/was applied by somebody else: .*kubectl .* delete/);
  expect((await loop.cluster.client.get(ConfigMap, "settings"))?.data).toEqual({ a: "theirs" });
});

test("what cannot be changed in place and is to be kept is told, with what to do", async ({ loop }) => {
  const kept = (value: string) =>
    JSON.stringify({
      ...(JSON.parse(configMap("settings", { a: value })) as object),
      metadata: { name: "settings", annotations: { "tiltish.dev/down-policy": "keep" } },
    });
  await loop.create({ yaml: kept("1"), podReadinessMode: "Ignore" });
  await loop.ready();
  loop.cluster.front.fault = ({ method }) =>
    method === "PATCH" ? refusal("Invalid value: 1: field is immutable") : undefined;
  await loop.change({ yaml: kept("2") });
  await loop.until("Applied", { status: "False", reason: "Immutable" });
  expect((await loop.condition("Applied")).message).toMatch(
    /is to be kept: set it back as it was, or delete it yourself: kubectl --context kind-test -n default delete configmap\/settings/,
  );
  expect(
    await loop.cluster.client.get(ConfigMap, { namespace: NAME.namespace, name: "settings" }),
  ).toBeDefined();
});
