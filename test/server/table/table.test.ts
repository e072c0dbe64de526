import { expect, test } from "vitest";
import { ConfigMap, Event, Lease } from "../../../apis/core/index.ts";
import type { Kind } from "../../../apis/kind.ts";
import type { KubeObject } from "../../../apis/meta.ts";
import { ALL_KINDS } from "../../../apis/index.ts";
import { FileWatch, LocalProcess } from "../../../apis/v1alpha1/index.ts";
import { partialObjectMetadata, partialObjectMetadataList, tableOf } from "../../../server/table/index.ts";

const NOW = Date.parse("2026-01-01T01:00:00Z");
const kindOf = (kind: unknown) => kind as Kind;

const web: KubeObject = {
  apiVersion: "tiltish.dev/v1alpha1",
  kind: "LocalProcess",
  metadata: {
    name: "web",
    namespace: "default",
    resourceVersion: "7",
    creationTimestamp: "2026-01-01T00:55:48Z",
  },
  spec: { argv: ["web"] },
  status: { state: "Running", pid: 42, ready: true },
};

const rowOf = (kind: unknown, object: KubeObject) =>
  tableOf(kindOf(kind), [object], { includeObject: "None", now: NOW }).rows[0]!.cells;

const ageOf = (creationTimestamp: string) =>
  rowOf(LocalProcess, { ...web, metadata: { ...web.metadata, creationTimestamp } })[6];

test("a row holds raw values in column order, null for what is missing, and an age as text", () => {
  const table = tableOf(kindOf(LocalProcess), [web], { includeObject: "Metadata", now: NOW });
  expect(table.columnDefinitions?.map(({ name }) => name).slice(0, 7)).toEqual([
    "Name",
    "State",
    "PID",
    "Ready",
    "Exit",
    "Restarts",
    "Age",
  ]);
  expect(table.rows[0]!.cells.slice(0, 7)).toEqual(["web", "Running", 42, true, null, null, "4m12s"]);
});

test("a single object's table carries its resourceVersion, a list's that of the list", () => {
  expect(tableOf(kindOf(LocalProcess), [web], { includeObject: "None" }).metadata).toEqual({
    resourceVersion: "7",
  });
  const metadata = { resourceVersion: "9", continue: "t", remainingItemCount: 3 };
  expect(tableOf(kindOf(LocalProcess), [web, web], { includeObject: "None", metadata }).metadata).toEqual(
    metadata,
  );
});

test("rows carry nothing, the metadata with kind and apiVersion, or the object", () => {
  const objectIn = (includeObject: "None" | "Metadata" | "Object") =>
    tableOf(kindOf(LocalProcess), [web], { includeObject }).rows[0]!.object;
  expect(objectIn("None")).toBeUndefined();
  expect(objectIn("Object")).toBe(web);
  expect(objectIn("Metadata")).toEqual({
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: web.metadata,
  });
});

test("later events of a watch leave the columns out", () => {
  const table = tableOf(kindOf(LocalProcess), [web], { includeObject: "None", withColumns: false });
  expect(table.columnDefinitions).toBeNull();
  expect(table.rows).toHaveLength(1);
});

test("a column may pick one item of a list", () => {
  const conditions = [
    { type: "Other", status: "False" },
    { type: "Ready", status: "True" },
  ];
  const watch = { ...web, kind: "FileWatch", status: { conditions, watchedPaths: 3 } };
  expect(rowOf(FileWatch, watch)).toEqual(["web", "True", 3, null, "4m12s"]);
});

test("an annotation with dots and slashes can be a column", () => {
  const root = { name: "ns", annotations: { "tiltish.dev/root": "/src" } };
  const namespace = ALL_KINDS.find(({ kind }) => kind === "Namespace");
  const cells = rowOf(namespace, { apiVersion: "v1", kind: "Namespace", metadata: root });
  expect(cells).toEqual(["ns", null, "<unknown>", "/src"]);
});

test("an Event shows when it was last seen first, and its name only on a wide screen", () => {
  const event: KubeObject = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: "web.1" },
    involvedObject: { kind: "LocalProcess", name: "web" },
    reason: "Started",
    message: " ready\n",
    type: "Normal",
    lastTimestamp: "2026-01-01T00:59:30Z",
  };
  const { columnDefinitions } = tableOf(kindOf(Event), [event], { includeObject: "None" });
  const shown = columnDefinitions!.filter(({ priority }) => priority === 0).map(({ name }) => name);
  expect(shown).toEqual(["Last Seen", "Type", "Reason", "Object", "Message"]);
  expect(columnDefinitions!.at(-1)).toMatchObject({ name: "Name", format: "name", priority: 1 });
  const cells = rowOf(Event, event).filter((_, i) => columnDefinitions![i]!.priority === 0);
  expect(cells).toEqual(["30s", "Normal", "Started", "localprocess/web", "ready"]);
});

test("built-ins print an unknown time and its type as Kubernetes does", () => {
  const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "l" } };
  expect(rowOf(Lease, lease)).toEqual(["l", null, "<unknown>"]);
  const { columnDefinitions } = tableOf(kindOf(ConfigMap), [], { includeObject: "None" });
  expect(columnDefinitions!.map(({ name, type }) => [name, type])).toEqual([
    ["Name", "string"],
    ["Data", "integer"],
    ["Age", "string"],
  ]);
});

test("a time that cannot be read or is yet to come is invalid", () => {
  expect(ageOf("yesterday")).toBe("<invalid>");
  expect(ageOf("2026-01-01T01:00:05Z")).toBe("<invalid>");
  expect(ageOf("2026-01-01T01:00:01Z")).toBe("0s");
});

test("every column of every kind can be read from an empty object", () => {
  for (const kind of ALL_KINDS) {
    const empty = { apiVersion: "v1", kind: kind.kind, metadata: { name: "x" } };
    expect(rowOf(kind, empty)).toContain("x");
  }
});

test("a list of metadata keeps the metadata of the list", () => {
  expect(partialObjectMetadataList([web], { resourceVersion: "9" })).toEqual({
    kind: "PartialObjectMetadataList",
    apiVersion: "meta.k8s.io/v1",
    metadata: { resourceVersion: "9" },
    items: [partialObjectMetadata(web)],
  });
});
