import { assert, jsonValue, property } from "fast-check";
import { apply } from "json-merge-patch";
import { createPatch } from "rfc6902";
import { expect, test } from "vitest";
import type { KubeObject } from "../../../apis/meta.ts";
import { jsonPatch } from "../../../server/registry/patch/json.ts";
import { mergePatch } from "../../../server/registry/patch/merge.ts";

/** Names that the libraries trip over; ours are tested by name. */
const TRAPS = /__proto__|constructor|prototype|hasOwnProperty/;
const json = jsonValue({ maxDepth: 4 }).filter((value) => !TRAPS.test(JSON.stringify(value)));
/** From the text: fast-check makes objects without a prototype, which are equal to nothing. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("a JSON patch that a library makes of two documents leads from the one to the other", () => {
  assert(
    property(json, json, (before, after) => {
      const operations = createPatch(plain(before), plain(after));
      expect(jsonPatch(operations)(plain(before) as KubeObject)).toEqual(plain(after));
    }),
    { numRuns: 2_000 },
  );
});

test("a merge patch gives what a library gives, and leaves the document alone", () => {
  assert(
    property(json, json, (document, patch) => {
      const before = Object.freeze(plain(document));
      expect(mergePatch(before, plain(patch))).toEqual(
        apply(plain(document) as object, plain(patch) as object),
      );
      expect(before).toEqual(plain(document));
    }),
    { numRuns: 2_000 },
  );
});
