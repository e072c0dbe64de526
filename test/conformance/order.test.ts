import { describe, expect } from "vitest";
import type { Answer } from "./client.ts";
import type { Collection } from "./collection.ts";
import { mistake, rule } from "./suite.ts";
import { namesOf } from "./watch.ts";
import { GROUP } from "./widgets.ts";

const said = ({ status, json }: Answer) => [status, json?.reason as string | undefined];

interface Wrong {
  status: number;
  headers?: Record<string, string>;
  method?: string;
  body?: unknown;
  url?: string;
}

/**
 * Asks with one mistake after the other left out: what is wrong first must be what is told.
 *
 * @param wrongs in the order in which they must be found.
 */
async function expectOrder(objects: Collection, wrongs: readonly Wrong[]): Promise<void> {
  for (let i = 0; i < wrongs.length; i++) {
    const left = wrongs.slice(i);
    const { method = "POST", body, url = "" } = Object.assign({}, ...left.toReversed()) as Wrong;
    const headers = Object.assign({}, ...left.map((wrong) => wrong.headers)) as Record<string, string>;
    const answer = await objects.api.ask(objects.url() + url, { method, body, headers });
    expect([i, answer.status]).toEqual([i, wrongs[i]!.status]);
  }
}

describe("of a create", () => {
  rule(
    115,
    "who asks, then the path, the Accept, the Content-Type, the size, the text",
    async ({ widgets }) => {
      await expectOrder(widgets, [
        { status: 401, headers: { authorization: "Bearer wrong" } },
        { status: 404, url: "/a/b" },
        { status: 406, headers: { accept: "image/png" } },
        { status: 415, headers: { "content-type": "text/plain" } },
        { status: 413, body: `{${"x".repeat(4_000_000)}` },
      ]);
      await expectOrder(widgets, [
        { status: 401, headers: { authorization: "Bearer wrong" } },
        { status: 406, headers: { accept: "image/png" } },
        { status: 415, headers: { "content-type": "text/plain" } },
        { status: 400, body: "{" },
      ]);
    },
  );

  rule(115, "a method that a path does not have is found before the Accept", async ({ configMaps }) => {
    await expectOrder(configMaps, [
      { status: 405, method: "PUT", body: {} },
      { status: 406, headers: { accept: "image/png" }, body: "{" },
    ]);
  });

  rule(
    115,
    "an unknown field comes before a name that is taken, and before what is invalid",
    async ({ widgets }) => {
      await widgets.make("a");
      const strange = { spec: { sise: 1, size: -1 } };
      const strict = await widgets.post(widgets.object("a", strange), { fieldValidation: "Strict" });
      expect(said(strict)).toEqual([400, "BadRequest"]);
    },
  );

  rule(115, "the namespace of the body comes before whether there is such a one", async ({ widgets }) => {
    const nowhere = widgets.at({ namespace: "conformance-nowhere" });
    const body = nowhere.object("a", {}, { namespace: "elsewhere" });
    expect(said(await nowhere.post(body))).toEqual([400, "BadRequest"]);
    expect(said(await nowhere.post(nowhere.object("a")))).toEqual([404, "NotFound"]);
  });
});

describe("of an update and a patch", () => {
  rule(115, "the name comes before whether it is there", async ({ widgets }) => {
    const body = widgets.object("b", {}, { resourceVersion: "1" });
    expect(said(await widgets.put("nobody", body))).toEqual([400, "BadRequest"]);
    const own = widgets.object("nobody", {}, { resourceVersion: "1" });
    expect(said(await widgets.put("nobody", own))).toEqual([404, "NotFound"]);
  });

  rule(115, "whether it is there comes before whether it is valid", async ({ widgets }) => {
    const body = widgets.object("nobody", { spec: { size: -1 } }, { resourceVersion: "1" });
    expect(said(await widgets.put("nobody", body))).toEqual([404, "NotFound"]);
    expect(said(await widgets.patch("nobody", { spec: { size: -1 } }))).toEqual([404, "NotFound"]);
  });

  rule(115, "a conflict comes before whether it is valid", async ({ widgets }) => {
    const stale = await widgets.make("a");
    await widgets.merge("a", { spec: { size: 1 } });
    expect(said(await widgets.put("a", { ...stale, spec: { size: -1 } }))).toEqual([409, "Conflict"]);
  });

  rule(
    115,
    "what is filled in and left out is so before it is seen that nothing changes",
    async ({ widgets }) => {
      const made = await widgets.make("a", { spec: { size: 1 } });
      const same = { ...made, spec: { size: 1, sise: 2 }, speck: {} };
      expect(await widgets.put("a", same)).toMatchObject({ status: 200, json: made });
    },
  );

  rule(115, "what is invalid is so even if nothing else would change", async ({ widgets }) => {
    await widgets.make("a", { spec: { size: 1 } });
    expect(said(await widgets.patch("a", { spec: { size: -1 } }))).toEqual([422, "Invalid"]);
  });
});

describe("of reads and deletes", () => {
  rule(115, "the Accept comes before the query, and that before the object", async ({ widgets }) => {
    const asked = { headers: { accept: "image/png" } };
    expect((await widgets.get("", { limit: "abc" }, asked)).status).toBe(406);
    expect((await widgets.get("", { limit: "abc" })).status).toBe(400);
    expect((await widgets.get("nobody", {}, asked)).status).toBe(406);
  });

  rule(115, "options of a delete come before whether it is there", async ({ widgets }) => {
    const options = { kind: "DeleteOptions", apiVersion: "v1" };
    const sideways = { ...options, propagationPolicy: "Sideways" };
    expect(said(await widgets.delete("nobody", sideways))).toEqual([422, "Invalid"]);
    expect(said(await widgets.delete("nobody", { ...options, preconditions: { uid: "x" } }))).toEqual([
      404,
      "NotFound",
    ]);
  });

  rule(115, "an event comes after the write is stored: who hears of it can read it", async ({ widgets }) => {
    const watch = await widgets.watch();
    const writing = Promise.all(Array.from({ length: 10 }, (_, i) => widgets.make(`n${i}`)));
    for (const { object } of await watch.first(10)) {
      expect((await widgets.read(object.metadata.name as string)).metadata.uid).toBe(object.metadata.uid);
    }
    await writing;
  });
});

describe("mistakes that servers are known for", () => {
  mistake(
    8,
    "the generation is there from the start, and not moved by what is no change of the spec",
    async ({ widgets }) => {
      expect((await widgets.make("a")).metadata.generation).toBe(1);
      await widgets.merge("a", { metadata: { annotations: { x: "1" } } });
      await widgets.patch("a/status", { status: { phase: "Good" } });
      expect((await widgets.read("a")).metadata.generation).toBe(1);
    },
  );

  mistake(
    9,
    "the status cannot be written through the object, nor the spec through the status",
    async ({ widgets }) => {
      await widgets.make("a", { spec: { size: 1 } });
      await widgets.patch("a", { status: { phase: "Bad" } });
      await widgets.patch("a/status", { spec: { size: 2 } });
      const { spec, status } = await widgets.read("a");
      expect([spec.size, status]).toEqual([1, undefined]);
    },
  );

  mistake(
    3,
    "a watch that begins at the revision of a DELETED event does not show it again",
    async ({ widgets }) => {
      const made = await widgets.make("a");
      const watch = await widgets.watch({ resourceVersion: made.metadata.resourceVersion as string });
      await widgets.delete("a");
      const [deleted] = await watch.first(1);
      const next = await widgets.watch({
        resourceVersion: deleted!.object.metadata.resourceVersion as string,
      });
      await widgets.make("b");
      expect(namesOf(await next.first(1))).toEqual(["ADDED b"]);
    },
  );

  mistake(20, "errors name resource or kind as clients expect it", async ({ widgets }) => {
    await widgets.make("a");
    const kindOf = ({ json }: Answer) => [json.details?.kind, json.details?.group] as unknown[];
    expect(kindOf(await widgets.get("nobody"))).toEqual(["widgets", GROUP]);
    expect(kindOf(await widgets.post(widgets.object("a")))).toEqual(["widgets", GROUP]);
    expect(kindOf(await widgets.post(widgets.object("A")))).toEqual(["Widget", GROUP]);
  });

  mistake(25, "times have whole seconds, and revisions are text", async ({ widgets, configMaps }) => {
    for (const objects of [widgets, configMaps]) {
      const { metadata } = await objects.make("a");
      expect(metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(typeof metadata.resourceVersion).toBe("string");
      expect(typeof (await objects.get()).json.metadata.resourceVersion).toBe("string");
    }
  });
});
