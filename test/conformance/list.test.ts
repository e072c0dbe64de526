import { describe, expect } from "vitest";
import type { Answer, Json } from "./client.ts";
import { type Collection, well } from "./collection.ts";
import { rule } from "./suite.ts";
import { GROUP } from "./widgets.ts";

const OF_THE_FUTURE = "9007199254740991";
const namesIn = ({ json }: Answer): string[] =>
  (json.items as Json[]).map(({ metadata }) => metadata.name as string);
const revisionOf = ({ json }: Answer): string => json.metadata.resourceVersion as string;

const makeAll = async (objects: Collection, ...names: string[]): Promise<void> => {
  for (const name of names) await objects.make(name);
};

describe("the shape", () => {
  rule(77, "an empty list has items and a revision", async ({ widgets, leases }) => {
    for (const objects of [widgets, leases]) {
      const { apiVersion, place } = objects;
      const { status, json } = await objects.get();
      expect(status).toBe(200);
      expect(json).toMatchObject({ apiVersion, kind: `${place.kind}List`, items: [] });
      expect(json.metadata.resourceVersion).toMatch(/^[1-9]\d*$/);
      expect(json.metadata.continue ?? "").toBe("");
    }
  });

  rule(77, "items of a custom type say their apiVersion and kind", async ({ widgets }) => {
    await makeAll(widgets, "a");
    expect((await widgets.get()).json.items).toMatchObject([{ apiVersion: `${GROUP}/v1`, kind: "Widget" }]);
    const old = widgets.at({ root: `/apis/${GROUP}/v1beta1` });
    expect((await old.get()).json).toMatchObject({
      apiVersion: `${GROUP}/v1beta1`,
      items: [{ apiVersion: `${GROUP}/v1beta1` }],
    });
  });

  rule(77, "items are sorted by their names, byte by byte", async ({ widgets, leases }) => {
    const names = ["b", "a", "a-b", "a.b", "a0", "10", "9", "ab"];
    for (const objects of [widgets, leases]) {
      await makeAll(objects, ...names);
      expect(await objects.names()).toEqual(["10", "9", "a", "a-b", "a.b", "a0", "ab", "b"]);
    }
  });

  rule(
    77,
    "of all namespaces they are sorted by namespace first",
    async ({ widgets, namespaces, namespace }) => {
      const other = `${namespace}-0`;
      const labels = { "conformance.example.com/sorted": namespace.slice(-8) };
      const found = await namespaces.read(namespace);
      await namespaces.make(other, {}, { labels: found.metadata.labels as object });
      await widgets.make("b", {}, { labels });
      await widgets.at({ namespace: other }).make("a", {}, { labels });
      await widgets.make("c", {}, { labels });
      const everywhere = widgets.at({ namespace: undefined });
      const { json } = await everywhere.get("", {
        labelSelector: `conformance.example.com/sorted=${namespace.slice(-8)}`,
      });
      expect(
        (json.items as Json[]).map(
          ({ metadata }) => `${metadata.namespace as string}/${metadata.name as string}`,
        ),
      ).toEqual([`${namespace}/b`, `${namespace}/c`, `${other}/a`]);
    },
  );
});

describe("the revision", () => {
  rule(78, "0 is any state, none is the newest", async ({ widgets }) => {
    await makeAll(widgets, "a");
    expect(namesIn(await widgets.get())).toEqual(["a"]);
    expect(await widgets.get("", { resourceVersion: "0" })).toMatchObject({
      status: 200,
      json: { kind: "WidgetList" },
    });
  });

  rule(78, "a number is at least that state", async ({ widgets }) => {
    const { metadata } = await widgets.make("a");
    const resourceVersion = metadata.resourceVersion as string;
    await makeAll(widgets, "b");
    for (const query of [{ resourceVersion }, { resourceVersion, resourceVersionMatch: "NotOlderThan" }]) {
      const answer = await widgets.get("", query);
      expect(namesIn(answer)).toContain("a");
      expect(Number(revisionOf(answer))).toBeGreaterThanOrEqual(Number(resourceVersion));
    }
  });

  rule(78, "Exact is the state of that number", async ({ widgets }) => {
    await makeAll(widgets, "a", "b");
    const resourceVersion = await widgets.revision();
    await widgets.delete("a");
    await widgets.merge("b", { spec: { size: 5 } });
    await makeAll(widgets, "c");
    const answer = await widgets.get("", { resourceVersion, resourceVersionMatch: "Exact" });
    expect(namesIn(answer)).toEqual(["a", "b"]);
    expect(answer.json.items[1].spec?.size).toBeUndefined();
    expect(revisionOf(answer)).toBe(resourceVersion);
    expect(await widgets.names()).toEqual(["b", "c"]);
  });

  rule(78, "one that is yet to come is 504 with its cause, soon", async ({ widgets }) => {
    for (const match of [undefined, "NotOlderThan"]) {
      const query = { resourceVersion: OF_THE_FUTURE, resourceVersionMatch: match };
      expect(await widgets.get("", query)).toMatchObject({
        status: 504,
        json: { reason: "Timeout", details: { causes: [{ reason: "ResourceVersionTooLarge" }] } },
      });
    }
  });

  rule(78, "options that do not go together are 422", async ({ widgets }) => {
    const resourceVersion = await widgets.revision();
    for (const query of [
      { resourceVersionMatch: "Exact" },
      { resourceVersionMatch: "NotOlderThan" },
      { resourceVersion: "0", resourceVersionMatch: "Exact" },
      { resourceVersion, resourceVersionMatch: "Sideways" },
      { sendInitialEvents: true },
    ]) {
      const { status, json } = await widgets.get("", query);
      expect([query, status, json.reason]).toEqual([query, 422, "Invalid"]);
    }
  });
});

/** Follows the pages of a list to its end. */
async function pagesOf(objects: Collection, query: Record<string, string | number>): Promise<Answer[]> {
  const pages: Answer[] = [];
  let token: string | undefined;
  do {
    const page = await objects.get("", { ...query, ...(token && { continue: token }) });
    well(page, 200);
    pages.push(page);
    token = (page.json.metadata.continue as string | undefined) || undefined;
  } while (token && pages.length < 50);
  return pages;
}

describe("pages", () => {
  rule(79, "together they are the whole list, all of one revision", async ({ widgets }) => {
    const names = ["a", "b", "c", "d", "e"];
    await makeAll(widgets, ...names);
    const pages = await pagesOf(widgets, { limit: 2 });
    expect(pages.map((page) => namesIn(page))).toEqual([["a", "b"], ["c", "d"], ["e"]]);
    expect(new Set(pages.map(revisionOf)).size).toBe(1);
  });

  rule(79, "what happens meanwhile is not in them", async ({ widgets }) => {
    await makeAll(widgets, "a", "b", "c", "d");
    const first = await widgets.get("", { limit: 2 });
    await makeAll(widgets, "bb", "e");
    await widgets.delete("c");
    await widgets.delete("a");
    const second = await widgets.get("", { limit: 10, continue: first.json.metadata.continue as string });
    expect([namesIn(first), namesIn(second)]).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
    expect(revisionOf(second)).toBe(revisionOf(first));
    expect(second.json.metadata.continue ?? "").toBe("");
  });

  rule(79, "so it is with selectors", async ({ widgets }) => {
    for (const name of ["a", "b", "c", "d"]) {
      await widgets.make(name, {}, { labels: { app: name === "b" ? "db" : "web" } });
    }
    const pages = await pagesOf(widgets, { limit: 1, labelSelector: "app=web" });
    expect(pages.flatMap((page) => namesIn(page))).toEqual(["a", "c", "d"]);
    for (const page of pages) expect(page.json.metadata).not.toHaveProperty("remainingItemCount");
  });

  rule(79, "a token that is none is 400, and so is one with a revision", async ({ widgets }) => {
    await makeAll(widgets, "a", "b");
    const token = (await widgets.get("", { limit: 1 })).json.metadata.continue as string;
    const resourceVersion = await widgets.revision();
    for (const query of [
      { continue: "nonsense" },
      { continue: `${token.slice(0, 10)}!` },
      { continue: token, resourceVersion },
    ]) {
      const { status, json } = await widgets.get("", query);
      expect([query, status, json.reason]).toEqual([query, 400, "BadRequest"]);
    }
  });

  rule(80, "each says how many come after it, unless something is selected", async ({ widgets }) => {
    await makeAll(widgets, "a", "b", "c", "d", "e");
    const pages = await pagesOf(widgets, { limit: 2 });
    expect(pages.map(({ json }) => json.metadata.remainingItemCount as unknown)).toEqual([3, 1, undefined]);
    const selected = await widgets.get("", { limit: 2, labelSelector: "!nothing" });
    expect(selected.json.metadata.continue).toMatch(/./);
    expect(selected.json.metadata).not.toHaveProperty("remainingItemCount");
  });

  rule(80, "a limit above what there is makes one page", async ({ widgets }) => {
    await makeAll(widgets, "a", "b");
    for (const limit of [2, 500]) {
      const { json } = await widgets.get("", { limit });
      expect(json.items).toHaveLength(2);
      expect(json.metadata.continue ?? "").toBe("");
    }
  });
});

describe("selectors", () => {
  rule(81, "every requirement of labels is understood", async ({ widgets }) => {
    for (const [name, labels] of [
      ["a", { app: "web", tier: "1" }],
      ["b", { app: "db" }],
      ["c", { tier: "1", "example.com/x": "" }],
    ] as const) {
      await widgets.make(name, {}, { labels });
    }
    for (const [labelSelector, names] of [
      ["app=web", ["a"]],
      ["app==web", ["a"]],
      ["app!=web", ["b", "c"]],
      ["app in (web, db)", ["a", "b"]],
      ["app notin (web)", ["b", "c"]],
      ["app", ["a", "b"]],
      ["!app", ["c"]],
      ["app=web,tier=1", ["a"]],
      ["app,!tier", ["b"]],
      ["tier in (1),app notin (db)", ["a", "c"]],
      ["example.com/x=", ["c"]],
      ["app=", []],
      [" app = web ", ["a"]],
      ["", ["a", "b", "c"]],
    ] as const) {
      expect([labelSelector, await widgets.names({ labelSelector })]).toEqual([labelSelector, names]);
    }
  });

  rule(81, "what is no selector is 400", async ({ widgets }) => {
    for (const labelSelector of [
      "app=(",
      "app in web",
      "=web",
      "a b",
      "app in (",
      "!",
      "app,,tier",
      "-a=b",
      "a=b c",
    ]) {
      const { status, json } = await widgets.get("", { labelSelector });
      expect([labelSelector, status, json.reason]).toEqual([labelSelector, 400, "BadRequest"]);
    }
  });

  rule(81, "name and namespace are fields that can be asked for", async ({ widgets, namespace }) => {
    await makeAll(widgets, "a", "b", "c");
    for (const [fieldSelector, names] of [
      ["metadata.name=b", ["b"]],
      ["metadata.name==b", ["b"]],
      ["metadata.name!=b", ["a", "c"]],
      ["metadata.name!=a,metadata.name!=b", ["c"]],
      [`metadata.namespace=${namespace}`, ["a", "b", "c"]],
      ["metadata.namespace=elsewhere", []],
      ["metadata.name=nobody", []],
      ["", ["a", "b", "c"]],
    ] as const) {
      expect([fieldSelector, await widgets.names({ fieldSelector })]).toEqual([fieldSelector, names]);
    }
  });

  rule(81, "so are the fields that a kind declares, and OpenAPI tells which", async ({ api, widgets }) => {
    await widgets.make("a", { spec: { mode: "fancy" } });
    await widgets.make("b", { spec: {} });
    expect(await widgets.names({ fieldSelector: "spec.mode=fancy" })).toEqual(["a"]);
    expect(await widgets.names({ fieldSelector: "spec.mode!=fancy" })).toEqual(["b"]);
    const { paths } = (await api.ask("/openapi/v3")).json;
    const document = await api.ask(paths[`apis/${GROUP}/v1`].serverRelativeURL as string);
    expect(document.text).toMatch(/"x-kubernetes-selectable-fields":\[\{"fieldPath":"spec\.mode"\}\]/);
  });

  rule(81, "any other field is 400, and named", async ({ widgets, configMaps }) => {
    for (const objects of [widgets, configMaps]) {
      const { status, json } = await objects.get("", { fieldSelector: "spec.title=x" });
      expect([status, json.reason]).toEqual([400, "BadRequest"]);
      expect(json.message).toContain("field label not supported: spec.title");
      expect(await objects.get("", { fieldSelector: "metadata.name" })).toMatchObject({ status: 400 });
    }
  });
});

describe("events", () => {
  rule(82, "events can be asked for by what they are about, and by whom", async ({ events, namespace }) => {
    const involvedObject = {
      kind: "Widget",
      namespace,
      name: "web",
      uid: "u-1",
      apiVersion: `${GROUP}/v1`,
      resourceVersion: "5",
      fieldPath: "spec.title",
    };
    await events.make("a", {
      involvedObject,
      reason: "Started",
      type: "Warning",
      source: { component: "tester" },
      reportingComponent: "tester",
    });
    await events.make("b", {
      involvedObject: { kind: "Gadget", namespace, name: "db" },
      reason: "Ended",
      type: "Normal",
    });
    const fields = Object.entries(involvedObject).map(
      ([name, value]) => [`involvedObject.${name}`, value] as const,
    );
    const others = [
      ["reason", "Started"],
      ["reportingComponent", "tester"],
      ["source", "tester"],
      ["type", "Warning"],
    ] as const;
    for (const [field, value] of [...fields, ...others]) {
      const fieldSelector = `${field}=${value},involvedObject.name!=db`;
      expect([field, await events.names({ fieldSelector })]).toEqual([field, ["a"]]);
      expect([field, await events.names({ fieldSelector: `${field}=other` })]).toEqual([field, []]);
    }
  });
});

describe("all namespaces", () => {
  rule(
    83,
    "what is in namespaces can be listed everywhere",
    async ({ configMaps, events, widgets, namespace }) => {
      const labels = { "conformance.example.com/of": namespace.slice(-8) };
      const labelSelector = `conformance.example.com/of=${namespace.slice(-8)}`;
      await events.make("a", { involvedObject: { kind: "Widget", name: "a", namespace } }, { labels });
      await configMaps.make("a", {}, { labels });
      await widgets.make("a", {}, { labels });
      for (const objects of [events, configMaps, widgets]) {
        const everywhere = objects.at({ namespace: undefined });
        const { json } = await everywhere.get("", { labelSelector });
        expect(json.items).toMatchObject([{ metadata: { name: "a", namespace } }]);
        expect(
          (await everywhere.get("", { fieldSelector: `metadata.namespace=${namespace}` })).json.items.length,
        ).toBeGreaterThan(0);
      }
    },
  );
});
