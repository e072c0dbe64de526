import { describe, expect } from "vitest";
import { ours, type Session, test } from "../helpers/tiltish.ts";

const CASCADES = ["background", "foreground", "orphan"] as const;

const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    names: { kind: "Widget", plural: "widgets" },
    scope: "Namespaced",
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
  },
};

interface Kubernetes {
  apiVersion: string;
  kind: string;
  metadata: { name: string; uid: string; ownerReferences?: object[] };
}

const found = async (session: Session, ...args: string[]): Promise<Kubernetes | undefined> => {
  const { stdout, exitCode } = await session.kubectl("get", ...args, "-o", "json");
  return exitCode === 0 ? (JSON.parse(stdout) as Kubernetes) : undefined;
};

const widget = (name: string, metadata: object = {}) => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name, ...metadata },
});

const configOf = (name: string, owner?: Kubernetes) => {
  const { apiVersion, kind } = owner ?? {};
  const reference = owner && { apiVersion, kind, name: owner.metadata.name, uid: owner.metadata.uid };
  const ownerReferences = reference && [{ ...reference, blockOwnerDeletion: true }];
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, ownerReferences } };
};

describe.each(CASCADES)("rule 102: kubectl delete --cascade=%s", (cascade) => {
  const remove = async (session: Session, kind: string) =>
    expect(await session.kubectl("delete", kind, "owner", `--cascade=${cascade}`)).toMatchObject({
      exitCode: 0,
    });

  test("sees to what belongs to a LocalResource", async ({ session }) => {
    await session.apply(ours("LocalResource", "owner", { serveTemplate: { argv: ["sleep", "600"] } }));
    const processes = async () => {
      const { stdout } = await session.kubectl("get", "localprocesses", "-o", "json");
      return (JSON.parse(stdout) as { items: Kubernetes[] }).items;
    };
    await expect.poll(processes).toHaveLength(1);
    await remove(session, "localresource");
    if (cascade === "orphan") {
      const [orphan] = await processes();
      expect(orphan?.metadata.ownerReferences ?? []).toEqual([]);
    } else await expect.poll(processes).toEqual([]);
  });

  test("sees to what belongs to a ConfigMap and to a kind of one's own", async ({ session }) => {
    await session.apply(definition);
    await session.apply(configOf("owner"), widget("owner"));
    const owners = await Promise.all(["configmap", "widget"].map((kind) => found(session, kind, "owner")));
    await session.apply(configOf("of-configmap", owners[0]), configOf("of-widget", owners[1]));
    for (const kind of ["configmap", "widget"]) {
      await remove(session, kind);
      const dependent = () => found(session, "configmap", `of-${kind}`);
      if (cascade === "orphan") expect((await dependent())?.metadata).not.toHaveProperty("ownerReferences");
      else if (cascade === "foreground") expect(await dependent()).toBeUndefined();
      else await expect.poll(dependent).toBeUndefined();
    }
  });
});

test("a Namespace and a definition take their objects along, and say what they wait for", async ({
  session,
}) => {
  await session.apply(definition);
  await session.kubectl("create", "namespace", "held");
  const held = { namespace: "held", finalizers: ["test.dev/hold"] };
  await session.apply(widget("held", held), widget("free", { namespace: "held" }), widget("other"));

  await session.kubectl("delete", "namespace", "held", "--wait=false");
  const conditions = async (...args: string[]) =>
    (await session.kubectl("get", ...args, "-o", "yaml")).stdout;
  await expect
    .poll(() => conditions("namespace", "held"))
    .toContain("widgets.example.com has 1 resource instances");
  expect(await conditions("namespace", "held")).toContain("test.dev/hold");
  await session.kubectl("delete", "crd", "widgets.example.com", "--wait=false");
  await expect.poll(() => conditions("crd", "widgets.example.com")).toContain("InstanceDeletionInProgress");
  expect(await found(session, "widget", "other")).toBeUndefined();

  await session.crash();
  await session.serve();
  const off = [
    "patch",
    "widget",
    "held",
    "-n",
    "held",
    "--type=merge",
    "-p",
    '{"metadata":{"finalizers":null}}',
  ];
  expect(await session.kubectl(...off)).toMatchObject({ exitCode: 0 });
  await expect.poll(() => found(session, "namespace", "held")).toBeUndefined();
  await expect.poll(() => found(session, "crd", "widgets.example.com")).toBeUndefined();
  // What it says depends on what it remembers of discovery.
  expect(await session.kubectl("get", "widgets")).toMatchObject({ exitCode: 1 });
});
