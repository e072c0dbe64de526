import { describe, expect } from "vitest";
import { kubectlVersion } from "../helpers/kubectl.ts";
import { ours, type Session, test, toManifest, writeFiles } from "../helpers/tiltish.ts";

const version = kubectlVersion();

async function apply(session: Session, ...objects: object[]) {
  await writeFiles(session, { "objects.yaml": toManifest(objects) });
  return session.kubectl("apply", "-f", `${session.root}/objects.yaml`);
}

const list = (...items: object[]) => ({ apiVersion: "v1", kind: "List", items });
const process = (name: string, more: object = {}) =>
  ours("LocalProcess", name, { argv: ["sleep", "600"], disabled: true, ...more });
const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "map" }, data: { a: "b" } };

const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { kind: "Widget", plural: "widgets" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  color: { type: "string", description: "What it looks like." },
                  port: { "x-kubernetes-int-or-string": true },
                  any: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
                  maybe: { type: "string", nullable: true },
                },
              },
            },
          },
        },
      },
    ],
  },
};
const widget = (name: string, spec: object) => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name },
  spec,
});

/** What kubectl finds: the name and version of each resource. */
async function resourcesOf(session: Session): Promise<[name: string, apiVersion: string][]> {
  const { stdout } = await session.kubectl("api-resources", "--no-headers");
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split(/\s+/))
    .map((words) => [words[0]!, words.at(-3)!]);
}

describe.skipIf(!version)(`the real kubectl (${version}) and what the server says of its kinds`, () => {
  test("explains every kind that it finds, by OpenAPI 3 and by Swagger in protobuf", async ({ session }) => {
    const resources = await resourcesOf(session);
    expect(resources).toEqual(
      expect.arrayContaining([
        ["localprocesses", "tiltish.dev/v1alpha1"],
        ["customresourcedefinitions", "apiextensions.k8s.io/v1"],
        ["selfsubjectaccessreviews", "authorization.k8s.io/v1"],
        ["events", "events.k8s.io/v1"],
      ]),
    );
    for (const [name, apiVersion] of resources) {
      // There kubectl looks for the other resource of this name, and finds nothing; so it does in a cluster.
      if (name === "pods" && apiVersion.startsWith("metrics.k8s.io/")) continue;
      for (const output of ["plaintext", "plaintext-openapiv2"]) {
        const args = [name, `--api-version=${apiVersion}`, "--recursive", `--output=${output}`];
        const explained = await session.kubectl("explain", ...args);
        expect.soft(explained, args.join(" ")).toMatchObject({ exitCode: 0, stderr: "" });
        expect.soft(explained.stdout).toMatch(/FIELDS:[^]*metadata\s+<Object(Meta)?>/);
      }
    }
    const old = await session.kubectl("explain", "localprocess.spec", "--output=plaintext-openapiv2");
    expect(old.stdout).toMatch(/argv\s+<\[\]string> -required-\s+Program and arguments, no shell\./);
  });

  test("checks a list by Swagger before it sends it", async ({ session }) => {
    expect(await apply(session, list(process("one"), map))).toMatchObject({ exitCode: 0 });
    const { stderr } = await apply(session, list(process("two", { enviroment: {} })));
    expect(stderr).toContain('ValidationError(LocalProcess.spec): unknown field "enviroment"');
    const stored = await session.kubectl("get", "lp,cm", "-o", "json");
    expect(await apply(session, JSON.parse(stored.stdout) as object)).toMatchObject({ exitCode: 0 });
  });

  test("asks a review, and knows its fields", async ({ session }) => {
    const review = (attributes: object) => ({
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: attributes },
    });
    const create = async (attributes: object) => {
      await writeFiles(session, { "review.yaml": toManifest([review(attributes)]) });
      return session.kubectl(
        "create",
        "-f",
        `${session.root}/review.yaml`,
        "-o",
        "jsonpath={.status.allowed}",
      );
    };
    expect(await create({ verb: "get", resource: "configmaps" })).toMatchObject({
      stdout: "true",
      exitCode: 0,
    });
    expect((await create({ verp: "get" })).stderr).toContain('unknown field "verp"');
  });

  test("explains a kind that is defined while the server runs, and checks lists of it", async ({
    session,
  }) => {
    expect(await apply(session, definition)).toMatchObject({ exitCode: 0 });
    const { stdout } = await session.kubectl("explain", "widget.spec.color");
    expect(stdout).toContain("What it looks like.");
    const good = [
      widget("a", { color: "red", port: 80, any: { x: [1] }, maybe: null }),
      widget("b", { port: "http" }),
    ];
    expect(await apply(session, list(...good))).toMatchObject({ exitCode: 0, stderr: "" });
    const { stderr } = await apply(session, list(widget("c", { colour: "red" })));
    expect(stderr).toContain('unknown field "colour"');
  });
});
