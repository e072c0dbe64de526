import { describe, expect } from "vitest";
import type { Api, Answer } from "./client.ts";
import type { Collection } from "./collection.ts";
import { entry, envelope, message, metadata, microTime, number, PROTOBUF, text } from "./protobuf.ts";
import { rule } from "./suite.ts";

const headers = { "content-type": PROTOBUF, accept: `${PROTOBUF},application/json` };
const nameOf = ({ place }: Collection) => place.namespace ?? "";

const post = (collection: Collection, body: Buffer): Promise<Answer> =>
  collection.post(body, {}, { headers: { ...headers, accept: "application/json" } });

describe("protobuf bodies", () => {
  rule(36, "a ConfigMap is created and replaced", async ({ configMaps }) => {
    const bodyOf = (value: string) =>
      envelope(
        "v1",
        "ConfigMap",
        metadata("a", nameOf(configMaps)),
        entry(2, "x", value),
        entry(2, "empty", ""),
      );
    expect(await post(configMaps, bodyOf("1"))).toMatchObject({
      status: 201,
      json: { kind: "ConfigMap", metadata: { name: "a" }, data: { x: "1", empty: "" } },
    });
    const { url } = { url: configMaps.url("a") };
    const asked = { method: "PUT", body: bodyOf("2"), headers: { ...headers, accept: "application/json" } };
    expect(await configMaps.api.ask(url, asked)).toMatchObject({ status: 200, json: { data: { x: "2" } } });
  });

  rule(36, "who takes protobuf or JSON gets one of the two", async ({ configMaps }) => {
    const body = envelope("v1", "ConfigMap", metadata("a", nameOf(configMaps)));
    const answer = await configMaps.post(body, {}, { headers });
    expect(answer.status).toBe(201);
    expect(answer.headers["content-type"]).toMatch(/^application\/(json|vnd\.kubernetes\.protobuf)$/);
  });

  rule(36, "a Lease is taken and renewed, as leaders are elected", async ({ leases }) => {
    const leaseOf = (seconds: number, ...rest: Buffer[]) =>
      envelope(
        "coordination.k8s.io/v1",
        "Lease",
        message(1, text(1, "leader"), text(3, nameOf(leases)), ...rest),
        message(2, text(1, "me"), number(2, 15), microTime(4, seconds, 123_456), number(5, 0)),
      );
    const created = await post(leases, leaseOf(1_700_000_000));
    expect(created).toMatchObject({
      status: 201,
      json: {
        spec: {
          holderIdentity: "me",
          leaseDurationSeconds: 15,
          renewTime: "2023-11-14T22:13:20.123456Z",
          leaseTransitions: 0,
        },
      },
    });
    const revision = text(6, created.json.metadata.resourceVersion as string);
    const asked = { method: "PUT", body: leaseOf(1_700_000_010, revision), headers };
    expect(await leases.api.ask(leases.url("leader"), asked)).toMatchObject({ status: 200 });
    expect(await leases.api.ask(leases.url("leader"), asked)).toMatchObject({ status: 409 });
    expect((await leases.read("leader")).spec.renewTime).toBe("2023-11-14T22:13:30.123456Z");
  });

  rule(36, "Events of both groups are recorded", async ({ api, events }) => {
    const namespace = nameOf(events);
    const about = (field: number) => message(field, text(1, "Widget"), text(2, namespace), text(3, "web"));
    const core = envelope(
      "v1",
      "Event",
      metadata("a", namespace),
      about(2),
      text(3, "Started"),
      text(4, "it runs"),
      text(9, "Normal"),
    );
    expect(await post(events, core)).toMatchObject({
      status: 201,
      json: { involvedObject: { kind: "Widget", name: "web" }, reason: "Started", message: "it runs" },
    });
    const named = events.at({ root: "/apis/events.k8s.io/v1" });
    const parts = [microTime(2, 1_700_000_000, 1), text(4, "conformance"), text(5, "c-1"), text(6, "Run")];
    const body = envelope(
      "events.k8s.io/v1",
      "Event",
      metadata("b", namespace),
      ...parts,
      text(7, "Started"),
      about(8),
      text(10, "it runs"),
      text(11, "Normal"),
    );
    expect(await post(named, body)).toMatchObject({
      status: 201,
      json: { apiVersion: "events.k8s.io/v1", regarding: { name: "web" }, note: "it runs" },
    });
    expect((await api.ask(events.url("b"))).json).toMatchObject({ message: "it runs" });
  });

  rule(36, "a Namespace is created", async ({ namespaces, namespace }) => {
    const name = `${namespace}-b`;
    expect(await post(namespaces, envelope("v1", "Namespace", metadata(name, "")))).toMatchObject({
      status: 201,
    });
    expect((await namespaces.read(name)).status.phase).toBe("Active");
    await namespaces.delete(name);
  });

  rule(36, "one may ask what one may do", async ({ api }) => {
    const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    const attributes = message(1, text(1, "default"), text(2, "get"), text(3, ""), text(5, "configmaps"));
    const body = envelope(
      "authorization.k8s.io/v1",
      "SelfSubjectAccessReview",
      message(1),
      message(2, attributes),
    );
    const answer = await api.ask(path, {
      method: "POST",
      body,
      headers: { ...headers, accept: "application/json" },
    });
    expect(answer).toMatchObject({
      status: 201,
      json: {
        spec: { resourceAttributes: { verb: "get", resource: "configmaps" } },
        status: { allowed: true },
      },
    });
  });

  rule(36, "the options of a delete are looked at", async ({ configMaps }) => {
    const made = await configMaps.make("a");
    const remove = (uid: string) => {
      const options = envelope("v1", "DeleteOptions", message(2, text(1, uid)));
      return configMaps.api.ask(configMaps.url("a"), { method: "DELETE", body: options, headers });
    };
    expect(await remove("other")).toMatchObject({ status: 409 });
    expect(await configMaps.get("a")).toMatchObject({ status: 200 });
    expect(await remove(made.metadata.uid as string)).toMatchObject({ status: 200 });
    expect(await configMaps.get("a")).toMatchObject({ status: 404 });
  });

  rule(36, "bytes that are none are 400", async ({ configMaps }) => {
    const whole = envelope("v1", "ConfigMap", metadata("a", nameOf(configMaps)), entry(2, "x", "1"));
    for (const body of [Buffer.from("k8s\0\xff", "latin1"), whole.subarray(0, 20), whole.subarray(4)]) {
      const answer = await configMaps.api.ask(configMaps.url(), {
        method: "POST",
        body,
        headers: { ...headers, accept: "application/json" },
      });
      expect([body.length, answer.status, answer.json.kind]).toEqual([body.length, 400, "Status"]);
    }
  });
});

const idOf = async (api: Api, path: string) => (await api.ask(path)).json.metadata.uid as string;

describe("mistakes", () => {
  rule(36, "an object made from protobuf is the same as one made from JSON", async ({ api, configMaps }) => {
    await post(
      configMaps,
      envelope("v1", "ConfigMap", metadata("a", nameOf(configMaps)), entry(2, "x", "1")),
    );
    const { uid } = (await configMaps.make("b", { data: { x: "1" } })).metadata as { uid: string };
    const shown = async (name: string) => {
      const text = (await api.ask(configMaps.url(name))).text;
      const { metadata, ...rest } = JSON.parse(text) as { metadata: object };
      return [Object.keys(metadata).toSorted(), rest];
    };
    expect(await shown("a")).toEqual(await shown("b"));
    expect(await idOf(api, configMaps.url("a"))).not.toBe(uid);
  });
});
