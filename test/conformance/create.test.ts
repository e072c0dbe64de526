import { describe, expect } from "vitest";
import type { Answer, Json } from "./client.ts";
import type { Collection } from "./collection.ts";
import { rule } from "./suite.ts";
import { CRD_NAME, CRD_PATH, GROUP } from "./widgets.ts";

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const LONG_AGO = "2001-01-01T00:00:00Z";

const causesOf = ({ json }: Answer): Json[] => (json?.details?.causes ?? []) as Json[];

describe("metadata of the server", () => {
  rule(42, "a new object is answered whole, with the metadata that the server gives", async ({ widgets }) => {
    const { status, json } = await widgets.post(widgets.object("a", { spec: { title: "A" } }));
    expect(status).toBe(201);
    expect(json).toMatchObject({ apiVersion: `${GROUP}/v1`, kind: "Widget", spec: { title: "A" } });
    const { metadata } = json;
    expect(metadata).toMatchObject({ name: "a", namespace: widgets.place.namespace, generation: 1 });
    expect(metadata.uid).toMatch(UUID_V4);
    expect(metadata.creationTimestamp).toMatch(SECONDS);
    expect(metadata.resourceVersion).toMatch(/^[1-9]\d*$/);
    expect(metadata.managedFields).toMatchObject([{ operation: "Update", manager: "conformance" }]);
    expect(await widgets.read("a")).toEqual(json);
  });

  rule(42, "what a client says of the metadata of the server is not taken", async ({ widgets }) => {
    const uid = "11111111-1111-4111-8111-111111111111";
    const { metadata } = await widgets.make(
      "a",
      {},
      {
        uid,
        creationTimestamp: LONG_AGO,
        deletionTimestamp: LONG_AGO,
        deletionGracePeriodSeconds: 5,
        generation: 7,
        selfLink: "/x",
      },
    );
    expect(metadata.uid).not.toBe(uid);
    expect(metadata.creationTimestamp).not.toBe(LONG_AGO);
    expect(metadata.generation).toBe(1);
    expect(Object.keys(metadata as object)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(deletion.*|selfLink)$/)]),
    );
  });

  rule(42, "a status is not taken by what has a status subresource", async ({ widgets }) => {
    expect(await widgets.make("a", { status: { phase: "Good" } })).not.toHaveProperty("status");
    expect(await widgets.read("a")).not.toHaveProperty("status");
  });

  rule(43, "ConfigMap, Event and Lease have no generation, ever", async ({ configMaps, events, leases }) => {
    const { namespace } = configMaps.place;
    const involvedObject = { kind: "Widget", name: "a", namespace };
    const made = [
      await configMaps.make("a", { data: { x: "1" } }),
      await leases.make("a", { spec: { holderIdentity: "me" } }),
      await events.make("a", { involvedObject, reason: "Tested" }),
      await configMaps.merge("a", { data: { x: "2" } }),
      await leases.merge("a", { spec: { holderIdentity: "you" } }),
    ];
    for (const { metadata } of made) expect(metadata).not.toHaveProperty("generation");
  });

  rule(44, "a resourceVersion is refused, and nothing made", async ({ widgets, configMaps }) => {
    for (const objects of [widgets, configMaps]) {
      const { status, json } = await objects.post(objects.object("a", {}, { resourceVersion: "1" }));
      expect([400, 422, 500]).toContain(status);
      expect(json.message).toContain("resourceVersion");
      expect(await objects.get("a")).toMatchObject({ status: 404 });
    }
  });
});

describe("names", () => {
  rule(45, "a name is a DNS subdomain", async ({ widgets, configMaps }) => {
    const longest = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(61)}`;
    for (const objects of [widgets, configMaps]) {
      for (const name of ["a", "0", "a-b.c-d", "1.2.3", longest]) {
        expect([name, (await objects.post(objects.object(name))).status]).toEqual([name, 201]);
      }
    }
  });

  rule(45, "anything else is 422, about metadata.name", async ({ widgets, configMaps }) => {
    const wrong = [
      "A",
      "a_b",
      "-a",
      "a-",
      "a..b",
      ".a",
      "a.",
      "a b",
      "ä",
      "a/b",
      "a%b",
      ".",
      "..",
      "a".repeat(254),
    ];
    for (const objects of [widgets, configMaps]) {
      for (const name of wrong) {
        const answer = await objects.post(objects.object(name));
        expect([name, answer.status, answer.json.reason]).toEqual([name, 422, "Invalid"]);
        expect(causesOf(answer)).toEqual(
          expect.arrayContaining([
            expect.objectContaining({ field: "metadata.name", reason: "FieldValueInvalid" }),
          ]),
        );
      }
    }
  });

  rule(
    45,
    "neither a name nor a beginning of one is a value that is missing",
    async ({ widgets, configMaps }) => {
      for (const objects of [widgets, configMaps]) {
        const { name: _, ...metadata } = objects.object("a").metadata as Record<string, unknown>;
        const answer = await objects.post({ ...objects.object("a"), metadata });
        expect(answer.status).toBe(422);
        expect(causesOf(answer)).toMatchObject([{ field: "metadata.name", reason: "FieldValueRequired" }]);
      }
    },
  );

  rule(46, "a beginning is made a name of its own", async ({ widgets }) => {
    const post = async (generateName: string, name?: string) =>
      (await widgets.post({ ...widgets.object(""), metadata: { generateName, ...(name && { name }) } })).json
        .metadata;
    const names = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const { name, generateName } = await post("web-");
      expect(name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
      expect(generateName).toBe("web-");
      names.add(name as string);
    }
    expect(names.size).toBe(20);
    expect((await post("web-", "a")).name).toBe("a");
  });

  rule(46, "a long beginning is cut to 58 characters", async ({ widgets }) => {
    const base = "b".repeat(70);
    const answer = await widgets.post({ ...widgets.object(""), metadata: { generateName: base } });
    expect(answer.status).toBe(201);
    expect(answer.json.metadata.name).toMatch(/^b{58}[a-z0-9]{5}$/);
    expect(answer.json.metadata.generateName).toBe(base);
  });
});

describe("type and place", () => {
  rule(47, "apiVersion and kind must be those of the URL", async ({ widgets, configMaps }) => {
    const custom = widgets.object("a") as object;
    expect(await widgets.post({ ...custom, apiVersion: `${GROUP}/v9` })).toMatchObject({ status: 400 });
    expect([400, 422]).toContain((await widgets.post({ ...custom, kind: "Gadget" })).status);
    const builtIn = configMaps.object("a") as object;
    expect(await configMaps.post({ ...builtIn, apiVersion: "v2" })).toMatchObject({ status: 400 });
    expect(await configMaps.post({ ...builtIn, kind: "Secret" })).toMatchObject({ status: 400 });
    expect(await widgets.names()).toEqual([]);
  });

  rule(47, "a custom object without a kind is 400", async ({ widgets }) => {
    const { kind: _, ...kindless } = widgets.object("a") as Record<string, unknown>;
    expect(await widgets.post(kindless)).toMatchObject({ status: 400, json: { reason: "BadRequest" } });
  });

  rule(
    47,
    "the namespace must be that of the URL, and may be left to it",
    async ({ widgets, configMaps }) => {
      for (const objects of [widgets, configMaps]) {
        const elsewhere = objects.object("a", {}, { namespace: "elsewhere" });
        expect(await objects.post(elsewhere)).toMatchObject({ status: 400, json: { reason: "BadRequest" } });
        const { namespace } = objects.place;
        expect(await objects.post(objects.object("a", {}, { namespace }))).toMatchObject({ status: 201 });
        expect((await objects.make("b")).metadata.namespace).toBe(namespace);
      }
    },
  );

  rule(47, "the namespace of what is in none is dropped", async ({ namespaces, namespace }) => {
    const query = { dryRun: "All" };
    const answer = await namespaces.post(
      namespaces.object(`${namespace}-x`, {}, { namespace: "default" }),
      query,
    );
    if (answer.status === 201) expect(answer.json.metadata).not.toHaveProperty("namespace");
    else expect(answer.status).toBe(400);
  });

  rule(48, "in a namespace that is not there nothing can be made", async ({ widgets, configMaps }) => {
    for (const objects of [widgets, configMaps]) {
      const nowhere = objects.at({ namespace: "conformance-nowhere" });
      const answer = await nowhere.post(nowhere.object("a"));
      expect(answer).toMatchObject({
        status: 404,
        json: { reason: "NotFound", details: { name: "conformance-nowhere", kind: "namespaces" } },
      });
      expect(answer.json.message).toContain('namespaces "conformance-nowhere" not found');
    }
  });

  rule(48, "the namespaces that every tool expects are there, and stay", async ({ namespaces }) => {
    for (const name of ["default", "kube-system"]) {
      expect(await namespaces.get(name)).toMatchObject({
        status: 200,
        json: { kind: "Namespace", apiVersion: "v1", status: { phase: "Active" } },
      });
      expect(await namespaces.names()).toContain(name);
      expect(await namespaces.delete(name, undefined, { dryRun: "All" })).toMatchObject({ status: 403 });
    }
  });
});

/** A create with that metadata is 422, and says so of this field. */
async function expectInvalid(objects: Collection, metadata: object, field: string): Promise<void> {
  const answer = await objects.post(objects.object("a", {}, metadata));
  const what = JSON.stringify(metadata).slice(0, 200);
  expect([what, answer.status, answer.json.reason]).toEqual([what, 422, "Invalid"]);
  const fields = causesOf(answer).map((cause) => cause.field as string);
  expect([what, fields.some((one) => one.startsWith(field))]).toEqual([what, true]);
}

const UID = "11111111-1111-4111-8111-111111111111";
const owner = { apiVersion: "v1", kind: "ConfigMap", name: "x", uid: UID };

describe("other metadata", () => {
  rule(49, "keys and values of labels have their alphabet", async ({ widgets, configMaps }) => {
    const good = {
      app: "web",
      "example.com/app": "",
      "a.b-c_d": "X_y.z-1",
      ["k".repeat(63)]: "v".repeat(63),
    };
    for (const objects of [widgets, configMaps]) {
      const wrongKeys = [
        "",
        "a b",
        "-a",
        "a-",
        "k".repeat(64),
        "/a",
        "a/b/c",
        "Up/a",
        "_x/a",
        `${"p".repeat(254)}/a`,
      ];
      for (const key of wrongKeys)
        await expectInvalid(objects, { labels: { [key]: "x" } }, "metadata.labels");
      for (const value of ["a b", "-a", "a-", "v".repeat(64), "ä", "a/b"]) {
        await expectInvalid(objects, { labels: { app: value } }, "metadata.labels");
      }
      expect((await objects.make("a", {}, { labels: good })).metadata.labels).toEqual(good);
    }
  });

  rule(49, "keys of annotations as well, in any case; values are any text", async ({ widgets }) => {
    const good = { "Example.com/A": "any\ntext ✓", b: "" };
    for (const key of ["a b", "-a", "k".repeat(64), "a/b/c"]) {
      await expectInvalid(widgets, { annotations: { [key]: "x" } }, "metadata.annotations");
    }
    expect((await widgets.make("a", {}, { annotations: good })).metadata.annotations).toEqual(good);
  });

  rule(49, "annotations are 256 KiB together, and not more", async ({ widgets }) => {
    const annotations = { a: "x".repeat(256 * 1024 - 1) };
    await expectInvalid(widgets, { annotations: { ...annotations, b: "" } }, "metadata.annotations");
    await widgets.make("a", {}, { annotations });
  });

  rule(49, "finalizers are qualified names", async ({ widgets }) => {
    for (const name of ["", "a b", "a/b/c"]) {
      await expectInvalid(widgets, { finalizers: [name] }, "metadata.finalizers");
    }
    const finalizers = ["conformance.example.com/hold"];
    expect((await widgets.make("a", {}, { finalizers })).metadata.finalizers).toEqual(finalizers);
    await widgets.merge("a", { metadata: { finalizers: null } });
  });

  rule(
    49,
    "an owner reference is whole, and one owner at most is the controller",
    async ({ widgets, configMaps }) => {
      for (const objects of [widgets, configMaps]) {
        for (const field of ["apiVersion", "kind", "name", "uid"]) {
          const { [field]: _, ...partial } = owner as Record<string, string>;
          await expectInvalid(objects, { ownerReferences: [partial] }, "metadata.ownerReferences[0]");
        }
        const two = [owner, { ...owner, uid: UID.replaceAll("1", "2") }].map((one) => ({
          ...one,
          controller: true,
        }));
        await expectInvalid(objects, { ownerReferences: two }, "metadata.ownerReferences");
      }
    },
  );

  rule(49, "what is no text is refused where text must be", async ({ widgets, configMaps }) => {
    for (const objects of [widgets, configMaps]) {
      for (const metadata of [
        { labels: { a: 1 } },
        { annotations: { a: true } },
        { labels: "a" },
        { finalizers: [1] },
      ]) {
        const { status } = await objects.post(objects.object("a", {}, metadata));
        expect([metadata, [400, 422].includes(status)]).toEqual([metadata, true]);
      }
    }
  });

  rule(50, "a field of a wrong type is 422 for a custom type, and names the field", async ({ widgets }) => {
    for (const [spec, field] of [
      [{ size: "large" }, "spec.size"],
      [{ tags: "a" }, "spec.tags"],
      [{ nested: [] }, "spec.nested"],
      [{ ports: [{ name: 5 }] }, "spec.ports[0].name"],
      [[], "spec"],
    ] as const) {
      const answer = await widgets.post(widgets.object("a", { spec }));
      expect([field, answer.status]).toEqual([field, 422]);
      expect(causesOf(answer)).toMatchObject([{ field, reason: "FieldValueTypeInvalid" }]);
    }
  });

  rule(
    50,
    "a field of a wrong type is refused for a built-in type, and named",
    async ({ configMaps, leases }) => {
      for (const [objects, fields, name] of [
        [configMaps, { data: { x: 1 } }, "data"],
        [configMaps, { immutable: "yes" }, "immutable"],
        [leases, { spec: { leaseDurationSeconds: "15" } }, "leaseDurationSeconds"],
      ] as const) {
        const answer = await objects.post(objects.object("a", fields));
        expect([name, answer.status]).toEqual([name, 400]);
        expect(answer.json.message).toContain(name);
      }
    },
  );

  rule(50, "the definition of a kind is checked as well", async ({ api }) => {
    const body = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: CRD_NAME },
    };
    const answer = await api.ask(CRD_PATH, {
      method: "POST",
      body: { ...body, spec: { scope: "Sideways" } },
    });
    expect(answer.status).toBe(422);
    expect(causesOf(answer).map(({ field }) => field as string)).toContain("spec.scope");
  });
});
