import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test as plain } from "vitest";
import { ConfigMap } from "../../../apis/core/index.ts";
import { TRIGGER_ANNOTATION } from "../../../apis/meta.ts";
import { K8sResource } from "../../../apis/v1alpha1/index.ts";
import { suspicionOf } from "../../../controllers/k8s/target/guard.ts";
import { refuseOwn } from "../../../controllers/k8s/target/own.ts";
import { configMap, deployment, NAME, test, WAIT, yaml } from "./fixture.ts";

const SPEC = { yaml: configMap("settings"), podReadinessMode: "Ignore" } as const;

test("a context that looks like production is refused until allowContexts names it", async ({ loop }) => {
  await loop.cluster.writeKubeconfig(loop.kubeconfig, { context: "eu-prod" });
  await loop.create(SPEC);
  await loop.until("Ready", { status: "False", reason: "ContextRefused" });
  expect((await loop.condition()).message).toContain('set spec.allowContexts: ["eu-prod"]');
  expect(loop.cluster.front.seen).toEqual([]);
  await loop.change({ allowContexts: ["eu-prod"] });
  await loop.ready();
});

plain(
  "what looks like production is told apart from what only sounds like it, and from the own machine",
  () => {
    const near = "https://127.0.0.1:6443";
    const far = "https://cluster.example.com";
    const isRefused = (context: string, server = far, cluster = "c") =>
      suspicionOf({ context, cluster, server }) !== undefined;
    expect(
      ["prod", "eu-prod-1", "PRODUCTION", "live", "gke_x_prod2"].filter((name) => !isRefused(name)),
    ).toEqual([]);
    expect(
      ["product", "olive", "delivery", "staging", "reproduction"].filter((name) => isRefused(name)),
    ).toEqual([]);
    expect(isRefused("team", "https://api.live.example.com")).toBe(true);
    expect(isRefused("team", far, "prod")).toBe(true);
    expect(isRefused("kind-prod", near)).toBe(false);
    expect(isRefused("kind-prod", far)).toBe(true);
    expect(isRefused("prod", near)).toBe(true);
  },
);

test("an unknown context is told with those that there are, and it goes on when the kubeconfig has it", async ({
  loop,
}) => {
  await loop.create({ ...SPEC, context: "other" });
  await loop.until("Ready", { reason: "UnknownContext" });
  expect((await loop.condition()).message).toMatch(
    /has no context "other"; set spec.context to one of kind-test/,
  );
  await loop.cluster.writeKubeconfig(loop.kubeconfig, { context: "other" });
  await loop.ready();
});

test("without a kubeconfig, and with one that is none, it is said what to do", async ({ loop }) => {
  await rm(loop.kubeconfig);
  await loop.create(SPEC);
  await loop.until("Ready", { reason: "NoKubeconfig" });
  await writeFile(loop.kubeconfig, "{ not: [a kubeconfig");
  await loop.until("Ready", { reason: "BadKubeconfig" });
  await loop.cluster.writeKubeconfig(loop.kubeconfig);
  await loop.ready();
});

test("a cluster that does not answer is told, and when it does it goes on by itself", async ({ loop }) => {
  const { port } = loop.cluster.front;
  await loop.cluster.front.close();
  await loop.create(SPEC);
  await loop.until("Connected", { status: "False", reason: "ClusterUnreachable" });
  expect((await loop.condition("Connected")).message).toMatch(
    /does not answer .*start it, or choose another/,
  );
  await loop.cluster.front.listen(port);
  await loop.ready();
});

test("a cluster that stops to answer is told so as soon as something is asked of it", async ({ loop }) => {
  await loop.create(SPEC);
  await loop.ready();
  const { port } = loop.cluster.front;
  await loop.cluster.front.close();
  await loop.change({ yaml: configMap("others") });
  await loop.until("Connected", { status: "False", reason: "ClusterUnreachable" });
  await loop.cluster.front.listen(port);
  await loop.ready();
  await loop.until("Applied", { status: "True", message: "1 object is applied" });
  await loop.until("Connected", { status: "True" });
});

test("a certificate of somebody else is told as such", async ({ loop }) => {
  const other = await loop.otherCertificate();
  await loop.cluster.writeKubeconfig(loop.kubeconfig, { ca: other });
  await loop.create(SPEC);
  await loop.until("Ready", { reason: "BadCertificate" });
  await loop.cluster.writeKubeconfig(loop.kubeconfig);
  await loop.ready();
});

test("wrong credentials are told, and right ones are taken up at once", async ({ loop }) => {
  await loop.cluster.writeKubeconfig(loop.kubeconfig, { token: "wrong" });
  await loop.create(SPEC);
  await loop.until("Ready", { reason: "Unauthorized" });
  await loop.cluster.writeKubeconfig(loop.kubeconfig);
  await loop.ready();
});

test("what is forbidden is told with what was refused, and tried again", async ({ loop }) => {
  loop.cluster.front.fault = ({ method }) =>
    method === "PATCH" ? { code: 403, message: "configmaps is forbidden: no" } : undefined;
  await loop.create(SPEC);
  await loop.until("Applied", { status: "False", reason: "Forbidden" });
  expect((await loop.condition("Applied")).message).toMatch(
    /ConfigMap\/settings: configmaps is forbidden: no: ask/,
  );
  loop.cluster.front.fault = undefined;
  await loop.ready();
});

test("deleting while the cluster is gone waits for it, and says how to go without", async ({ loop }) => {
  await loop.create(SPEC);
  await loop.ready();
  await loop.cluster.front.close();
  await loop.client.delete(K8sResource, NAME);
  await expect
    .poll(async () => (await loop.status()).message, WAIT)
    .toMatch(/does not answer.*tiltish.dev\/down-policy/);
  const annotations = { "tiltish.dev/down-policy": "keep" };
  await loop.client.patch(K8sResource, NAME, { metadata: { annotations } });
  await expect.poll(() => loop.client.get(K8sResource, NAME), WAIT).toBeUndefined();
  expect(await loop.cluster.client.get(ConfigMap, "settings")).toBeDefined();
});

test("in a cluster that was made anew everything is applied again", async ({ loop }) => {
  await loop.create(SPEC);
  await loop.ready();
  const anew = await loop.anotherCluster();
  await anew.writeKubeconfig(loop.kubeconfig);
  await expect
    .poll(() => anew.client.get(ConfigMap, { namespace: "default", name: "settings" }), WAIT)
    .toBeDefined();
  await loop.ready();
  expect((await loop.status()).target?.server).toBe(anew.front.url);
});

test("with another context what was applied moves to its cluster", async ({ loop }) => {
  const other = await loop.anotherCluster();
  const [a, b] = [loop.cluster.kubeconfig({ context: "kind-a" }), other.kubeconfig({ context: "kind-b" })];
  await writeFile(loop.kubeconfig, JSON.stringify(mergedConfig(a, b)));
  await loop.create({ ...SPEC, context: "kind-a" });
  await loop.ready();
  await loop.change({ context: "kind-b" });
  const settings = { namespace: "default", name: "settings" };
  await expect.poll(() => other.client.get(ConfigMap, settings), WAIT).toBeDefined();
  await expect.poll(() => loop.cluster.client.get(ConfigMap, settings), WAIT).toBeUndefined();
});

test("what is enabled again after a move that failed goes to the cluster of the spec", async ({ loop }) => {
  const other = await loop.anotherCluster();
  const [a, b] = [loop.cluster.kubeconfig({ context: "kind-a" }), other.kubeconfig({ context: "kind-b" })];
  await writeFile(loop.kubeconfig, JSON.stringify(mergedConfig(a, b)));
  await loop.create({ ...SPEC, context: "kind-a" });
  await loop.ready();
  other.front.fault = () => ({ code: 503, message: "not yet" });
  await loop.change({ context: "kind-b" });
  await loop.until("Connected", { status: "False" });
  await loop.change({ disabled: true });
  await loop.until("Ready", { reason: "Disabled" });
  other.front.fault = undefined;
  await loop.change({ disabled: false });
  await loop.ready();
  const settings = { namespace: "default", name: "settings" };
  expect(await other.client.get(ConfigMap, settings)).toBeDefined();
  expect(await loop.cluster.client.get(ConfigMap, settings)).toBeUndefined();
});

test("what cannot be deleted in the cluster before, because that does not answer, is told with the command that does it", async ({
  loop,
}) => {
  const other = await loop.anotherCluster();
  const [a, b] = [loop.cluster.kubeconfig({ context: "kind-a" }), other.kubeconfig({ context: "kind-b" })];
  await writeFile(loop.kubeconfig, JSON.stringify(mergedConfig(a, b)));
  await loop.create({ ...SPEC, context: "kind-a" });
  await loop.ready();
  await loop.cluster.front.close();
  await loop.change({ context: "kind-b" });
  await expect
    .poll(() => other.client.get(ConfigMap, { namespace: "default", name: "settings" }), WAIT)
    .toBeDefined();
  await loop.ready();
  const message = expect.stringMatching(
    /^ConfigMap\/settings in default were applied to https:.* \(context kind-a\) and stay there, for .*does not answer.*kubectl --kubeconfig \S+ --context kind-a -n default delete configmap\/settings$/,
  );
  expect(await loop.condition("LeftBehind")).toMatchObject({ status: "True", message });
  await expect
    .poll(() => loop.events(), WAIT)
    .toContainEqual(expect.objectContaining({ reason: "LeftBehind", message }));
  const annotations = { [TRIGGER_ANNOTATION]: "seen" };
  await loop.client.patch(K8sResource, NAME, { metadata: { annotations } });
  await expect.poll(() => loop.condition("LeftBehind"), WAIT).toEqual({});
});

test("a context that leads to another cluster now has nothing deleted there, by command or object by object", async ({
  loop,
}) => {
  await loop.create(SPEC);
  await loop.ready();
  const other = await loop.anotherCluster();
  const settings = { namespace: "default", name: "settings" };
  await other.client.createObject(ConfigMap, { metadata: settings });
  await loop.cluster.front.close();
  await loop.client.delete(K8sResource, NAME);
  const message = async () => (await loop.status()).message;
  await expect.poll(message, WAIT).toMatch(/does not answer/);
  await other.writeKubeconfig(loop.kubeconfig);
  await expect.poll(message, WAIT).toMatch(/leads now to another cluster.*nothing is deleted there/);
  expect(other.front.count("DELETE", /./)).toBe(0);
  expect(await other.client.get(ConfigMap, settings)).toBeDefined();
  await loop.cluster.front.listen(loop.cluster.front.port);
  await loop.cluster.writeKubeconfig(loop.kubeconfig);
  await expect.poll(() => loop.client.get(K8sResource, NAME), WAIT).toBeUndefined();
  expect(await loop.cluster.client.get(ConfigMap, settings)).toBeUndefined();
});

test("K8sResources of one cluster share a watch over its pods, and the question who it is", async ({
  loop,
}) => {
  const names = Array.from({ length: 5 }, (_, i) => `web-${i}`);
  for (const name of names) {
    const spec = { kubeconfig: loop.kubeconfig, yaml: deployment(name) };
    await loop.client.create(K8sResource, { namespace: "default", name }, spec);
  }
  const areReady = async () =>
    (await loop.client.list(K8sResource)).items.every(({ status }) =>
      status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True"),
    );
  await expect.poll(areReady, WAIT).toBe(true);
  const { front } = loop.cluster;
  expect(front.count("GET", /\/pods\?.*watch=true/)).toBe(1);
  expect(front.count("GET", /namespaces\/kube-system$/)).toBe(1);
  await loop.client.delete(K8sResource, { namespace: "default", name: names[0]! });
  await expect.poll(async () => (await loop.client.list(K8sResource)).items.length, WAIT).toBe(4);
  await loop.cluster.delete("Pod", (await loop.cluster.workloads.list("Pod"))[0]!.metadata.name);
  await expect.poll(areReady, WAIT).toBe(true);
});

test("that the current context is switched moves nothing that was applied", async ({ loop }) => {
  const other = await loop.anotherCluster();
  const [a, b] = [loop.cluster.kubeconfig({ context: "kind-a" }), other.kubeconfig({ context: "kind-b" })];
  await writeFile(loop.kubeconfig, JSON.stringify(mergedConfig(a, b)));
  await loop.create(SPEC);
  await loop.ready();
  await writeFile(loop.kubeconfig, JSON.stringify(mergedConfig(b, a)));
  await loop.change({ yaml: configMap("settings", { a: "2" }) });
  await expect
    .poll(async () => (await loop.cluster.client.get(ConfigMap, "settings"))?.data, WAIT)
    .toEqual({ a: "2" });
  expect((await loop.status()).target?.context).toBe("kind-a");
  expect(await other.client.get(ConfigMap, "settings")).toBeUndefined();
});

test("a kubeconfig that leads to tiltish itself is refused", async ({ loop }) => {
  await loop.create({ ...SPEC, kubeconfig: "../state/kubeconfig" });
  await loop.until("Ready", { reason: "ContextRefused" });
  expect((await loop.condition()).message).toMatch(
    /leads to this tiltish itself: start its server without KUBECONFIG/,
  );
});

plain("a cluster on a port that only begins like that of tiltish is none of its own", async () => {
  const directory = await mkdtemp(join(tmpdir(), "tiltish-own-"));
  await writeFile(
    join(directory, "kubeconfig"),
    "clusters:\n- cluster:\n    server: https://127.0.0.1:7777\n",
  );
  const refuse = (server: string) => refuseOwn({ context: "c", server }, directory);
  await expect(refuse("https://127.0.0.1:777")).resolves.toBeUndefined();
  await expect(refuse("https://localhost:7777/")).rejects.toMatchObject({ reason: "ContextRefused" });
  await rm(directory, { recursive: true });
});

test("one object that is written twice is told, with its namespace or without", async ({ loop }) => {
  const second = JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "settings", namespace: "default" },
  });
  await loop.create({ ...SPEC, yaml: yaml(SPEC.yaml, second) });
  await loop.until("Applied", { status: "False", reason: "BadYAML" });
  expect((await loop.condition("Applied")).message).toMatch(/ConfigMap\/settings is there twice; first at/);
});

test("what a Secret holds is in no status, Event or log, even if the cluster quotes it", async ({ loop }) => {
  const secret = JSON.stringify({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s" },
    data: { a: Buffer.from("hunter2-a").toString("base64") },
    stringData: { b: "hunter2-b" },
  });
  const encoded = ["hunter2-a", "hunter2-b"].map((text) => Buffer.from(text).toString("base64"));
  const message = `Secret "s" is invalid: data: Invalid value: hunter2-a, hunter2-b, ${encoded.join()}: no`;
  loop.cluster.front.fault = ({ method }) => (method === "PATCH" ? { code: 422, message } : undefined);
  await loop.create({ ...SPEC, yaml: secret });
  await loop.until("Applied", { status: "False", reason: "Refused" });
  await expect.poll(() => loop.events(), WAIT).toContainEqual(expect.objectContaining({ reason: "Refused" }));
  const told = JSON.stringify([await loop.status(), await loop.events(), await loop.log()]);
  expect(told).toMatch(/data: Invalid value: \(secret\), \(secret\)/);
  expect(told).not.toMatch(/hunter2/);
  for (const text of encoded) expect(told).not.toContain(text);
});

test("what is in the way is told once, however often it is tried again", async ({ loop }) => {
  loop.cluster.front.fault = ({ method }) =>
    method === "PATCH" ? { code: 503, message: "etcd is away" } : undefined;
  await loop.create(SPEC);
  await expect.poll(() => loop.applied(), WAIT).toBeGreaterThan(3);
  loop.cluster.front.fault = undefined;
  await loop.ready();
  await expect
    .poll(async () => (await loop.events()).filter(({ reason }) => reason === "ClusterFailed"), WAIT)
    .toMatchObject([{ count: 1 }]);
});

test("that its pods may not be looked at is told", async ({ loop }) => {
  loop.cluster.front.fault = ({ path }) =>
    path.includes("/pods") ? { code: 403, message: "pods is forbidden" } : undefined;
  await loop.create({ yaml: configMap("settings") });
  await loop.until("Ready", { status: "False" });
  await expect
    .poll(async () => (await loop.status()).message, WAIT)
    .toMatch(/pods is forbidden: ask for a role/);
  loop.cluster.front.fault = undefined;
  await loop.ready();
});

type Entries = Record<"clusters" | "users" | "contexts", object[]>;

/** Two kubeconfigs in one; the current context is that of the first. */
const mergedConfig = (a: object, b: object): object => {
  const [one, two] = [a as Entries, b as Entries];
  return {
    ...one,
    clusters: [...one.clusters, ...two.clusters],
    users: [...one.users, ...two.users],
    contexts: [...one.contexts, ...two.contexts],
  };
};
