import { assert, dictionary, jsonValue, property, record, string } from "fast-check";
import { expect, test } from "vitest";
import { metadataIn } from "../../../server/storage/metadata.ts";
import { metadataOf } from "../../../server/storage/index.ts";
import { keyOf, objectOf, openStore, put } from "./helpers.ts";

const bytesOf = (value: object) => Buffer.from(JSON.stringify(value));

test("the metadata of an object is found without the rest, wherever it stands and whatever is around it", () => {
  const metadata = record({
    name: string(),
    labels: dictionary(string(), string()),
    managedFields: jsonValue(),
  });
  const rest = dictionary(string(), jsonValue());
  assert(
    property(rest, metadata, rest, (before, metadata, after) => {
      const object = { ...before, metadata, ...after, ...(after["metadata"] !== undefined && { metadata }) };
      expect(metadataIn(bytesOf(object))).toEqual(JSON.parse(JSON.stringify(metadata)));
    }),
  );
});

test.each([
  [{ a: "metadata", b: { metadata: { name: "inner" } }, metadata: { name: "own" } }],
  [{ a: '"metadata":{"name":"text"}', metadata: { name: "own" } }],
  [{ 'x"metadata": ': 1, list: [{ metadata: { name: "item" } }], metadata: { name: "own" } }],
  [{ a: "\\", "\\": '\\"', metadata: { name: "own", annotations: { "{": "}", é: "\u{1f600}]" } } }],
])("%j has its own metadata and no other", (object) => {
  expect(metadataIn(bytesOf(object))).toEqual(object.metadata);
});

test("a state tells its metadata, frozen, as the whole object does", async () => {
  const store = await openStore();
  await put(store, "web", { metadata: { name: "no" } });
  const stored = store.get(keyOf("web"))!;
  const metadata = metadataOf(stored);
  expect(metadata).toEqual({ ...objectOf("web").metadata, resourceVersion: "1" });
  expect(Object.isFrozen(metadata)).toBe(true);
  expect(metadataOf(stored)).toEqual(stored.object.metadata);
  expect(metadataOf(stored)).toBe(stored.object.metadata);
});
