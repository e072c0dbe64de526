import * as k8s from "@kubernetes/client-node";
import { expect } from "vitest";
import { type KubeObject } from "../../apis/meta.ts";
import { ours, test } from "../helpers/tiltish.ts";

const PATH = "/apis/tiltish.dev/v1alpha1/namespaces/default/localprocesses";

test("the official JavaScript client lists, informs, patches and deletes, unmodified", async ({
  session,
}) => {
  const config = new k8s.KubeConfig();
  config.loadFromFile(session.kubeconfig);
  const objects = config.makeApiClient(k8s.CustomObjectsApi);
  const core = config.makeApiClient(k8s.CoreV1Api);
  const where = { group: "tiltish.dev", version: "v1alpha1", namespace: "default", plural: "localprocesses" };

  const seen: string[] = [];
  const list = () =>
    objects.listNamespacedCustomObject(where) as Promise<k8s.KubernetesListObject<k8s.KubernetesObject>>;
  const informer = k8s.makeInformer(config, PATH, list);
  for (const event of ["add", "update", "delete"] as const) {
    informer.on(event, ({ metadata }) => void seen.push(`${event} ${metadata?.name}`));
  }
  await informer.start();

  const body = ours("LocalProcess", "web", { argv: ["sleep", "600"] });
  const created = (await objects.createNamespacedCustomObject({ ...where, body })) as KubeObject;
  expect(created.metadata.uid).toBeTruthy();
  await expect.poll(() => seen).toContain("add web");
  await expect.poll(() => seen).toContain("update web");

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
  await expect.poll(() => seen, { timeout: 15_000 }).toContain("delete web");
  await informer.stop();

  expect((await core.listNamespace()).items.map(({ metadata }) => metadata?.name)).toContain("default");
  await core.createNamespacedConfigMap({
    namespace: "default",
    body: { metadata: { name: "c" }, data: { a: "1" } },
  });
  expect((await core.readNamespacedConfigMap({ namespace: "default", name: "c" })).data).toEqual({ a: "1" });
  await expect(core.readNamespacedConfigMap({ namespace: "default", name: "no" })).rejects.toMatchObject({
    code: 404,
  });
});
