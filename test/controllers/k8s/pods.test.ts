import { expect } from "vitest";
import { K8sResource } from "../../../apis/v1alpha1/index.ts";
import { deployment, NAME, test, WAIT, yaml } from "./fixture.ts";

const job = (image = "task:1"): string =>
  JSON.stringify({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "migrate" },
    spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "app", image }] } } },
  });

test("the pods of a Deployment are found through its ReplicaSet, and make it ready", async ({ loop }) => {
  await loop.create({ yaml: deployment("web", "web:1", { replicas: 2 }) });
  await loop.until("Ready", { status: "True", reason: "PodsReady", message: "all 2 pods are ready" });
  const status = await loop.status();
  const web = await loop.cluster.get("Deployment", "web");
  expect(status.podAncestorUID).toBe(web!.metadata.uid);
  expect(status.pods).toHaveLength(2);
  expect(status.pods?.[0]).toMatchObject({
    namespace: "default",
    phase: "Running",
    ready: true,
    ancestorUID: web!.metadata.uid,
    owner: expect.stringMatching(/^ReplicaSet\/web-/),
    podTemplateSpecHash: status.deployedPodTemplateSpecHashes?.[0],
    containers: [{ name: "app", image: "web:1", state: "Running", ready: true, restarts: 0 }],
  });
  expect(status.lastReadyOrSucceededTime).toBeDefined();
});

test("pods of the template before do not make it ready", async ({ loop }) => {
  await loop.create({ yaml: deployment("web", "web:1") });
  await loop.ready();
  const [old] = (await loop.status()).pods ?? [];
  loop.cluster.workloads.isSlow = true;
  await loop.change({ yaml: deployment("web", "web:2") });
  await loop.until("Applied", { status: "True" });
  await loop.until("Ready", { status: "False", reason: "PodsNotReady" });
  loop.cluster.workloads.isSlow = false;
  await loop.cluster.workloads.again();
  await loop.ready();
  expect((await loop.status()).pods?.map(({ name }) => name)).not.toContain(old?.name);
});

test.for([
  ["crash:1", "CrashLoopBackOff", /container app: CrashLoopBackOff, restarted 3 times: .*its log tells why/],
  ["missing:1", "ImagePullBackOff", /Back-off pulling image "missing:1"; correct the name of the image/],
  ["giant:1", "Unschedulable", /cannot be placed: 0\/1 nodes are available: 1 Insufficient memory/],
] as const)("a pod of %s is told as %s, with its cause", async ([image, reason, message], { loop }) => {
  await loop.create({ yaml: deployment("web", image) });
  await loop.until("PodsReady", { status: "False", reason, message: expect.stringMatching(message) });
  expect(await loop.condition()).toMatchObject({ status: "False", reason });
  await expect.poll(() => loop.events(), WAIT).toContainEqual(expect.objectContaining({ reason }));
});

test("K8S-5: of a completed Job, JobComplete stays True over later reconciles, and when the Job is cleaned up", async ({
  loop,
}) => {
  await loop.create({ yaml: job(), podReadinessMode: "Succeeded" });
  await loop.until("JobComplete", { status: "True" });
  await loop.ready();
  await loop.client.patch(K8sResource, NAME, { metadata: { labels: { touched: "1" } } });
  await loop.cluster.delete("Job", "migrate");
  await expect.poll(async () => (await loop.status()).pods?.every(({ deleted }) => deleted), WAIT).toBe(true);
  expect(await loop.condition("JobComplete")).toMatchObject({ status: "True" });
  expect(await loop.condition()).toMatchObject({ status: "True" });
});

test("podReadinessMode Succeeded is not content with pods that run", async ({ loop }) => {
  await loop.create({ yaml: deployment(), podReadinessMode: "Succeeded" });
  await loop.until("PodsReady", { status: "False", reason: "PodsNotReady" });
});

test("what is scaled to nothing is ready without pods", async ({ loop }) => {
  await loop.create({ yaml: deployment("web", "web:1", { replicas: 0 }) });
  await loop.until("Ready", { status: "True", reason: "NoPods" });
});

test("addresses of load balancers are in the status", async ({ loop }) => {
  const service = { metadata: { name: "web" }, spec: { type: "LoadBalancer", ports: [{ port: 80 }] } };
  await loop.create({ yaml: JSON.stringify({ apiVersion: "v1", kind: "Service", ...service }) });
  await expect.poll(async () => (await loop.status()).loadBalancers, WAIT).toEqual(["192.0.2.7:80"]);
});

test("K8S-11: an apply that fails for a while leaves what is known of the pods; with the object it goes", async ({
  loop,
}) => {
  await loop.create({ yaml: deployment() });
  await loop.ready();
  const { pods } = await loop.status();
  loop.cluster.front.fault = ({ method }) =>
    method === "PATCH" ? { code: 503, message: "etcd is away" } : undefined;
  await loop.change({ yaml: deployment("web", "web:2") });
  await loop.until("Applied", { status: "False", reason: "ClusterFailed" });
  expect((await loop.status()).pods).toEqual(pods);
  loop.cluster.front.fault = undefined;
  await loop.ready();
  await loop.change({ disabled: true });
  await loop.until("Ready", { reason: "Disabled" });
  expect((await loop.status()).pods).toBeUndefined();
});

test("K8S-12: pods that were applied, descend, carry labels, or were there before are each listed once", async ({
  loop,
}) => {
  const pod = (name: string, labels: object = {}) =>
    JSON.stringify({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "default", labels },
      spec: { containers: [{ name: "app", image: "web:1" }] },
    });
  await loop.cluster.create("Pod", pod("before", { team: "a" }));
  await loop.cluster.create("Pod", pod("other", { team: "b" }));
  await loop.create({
    yaml: yaml(pod("single", { team: "a" }), deployment()),
    podSelectors: [{ matchLabels: { team: "a" } }],
  });
  await loop.ready();
  await loop.cluster.create("Pod", pod("later", { team: "a" }));
  const names = async () => (await loop.status()).pods?.map(({ name }) => name).toSorted();
  await expect.poll(names, WAIT).toEqual(["before", "later", "single", expect.stringMatching(/^web-/)]);
});

test("K8S-13: the last pod stays listed when it is deleted, until there is another", async ({ loop }) => {
  await loop.create({ yaml: deployment() });
  await loop.ready();
  const [old] = (await loop.status()).pods ?? [];
  loop.cluster.workloads.isIdle = true;
  await loop.cluster.delete("Pod", old!.name);
  const listed = async () =>
    (await loop.status()).pods?.map(({ name, deleted = false }) => ({ name, deleted }));
  await expect.poll(listed, WAIT).toEqual([{ name: old!.name, deleted: true }]);
  loop.cluster.workloads.isIdle = false;
  await loop.cluster.workloads.again();
  await expect.poll(listed, WAIT).toEqual([{ name: expect.not.stringMatching(old!.name), deleted: false }]);
});

test("a watch that breaks is taken up where it was, and asks for no list again", async ({ loop }) => {
  await loop.create({ yaml: deployment() });
  await loop.ready();
  const lists = () => loop.cluster.front.count("GET", /\/pods\?.*sendInitialEvents/);
  const before = lists();
  loop.cluster.front.cut();
  await loop.change({ yaml: deployment("web", "web:1", { replicas: 3 }) });
  await expect.poll(async () => (await loop.status()).pods?.length, WAIT).toBe(3);
  expect(lists()).toBe(before);
});
