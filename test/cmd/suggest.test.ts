import { expect, test } from "vitest";
import { didYouMean, editDistance, suggest } from "../../cmd/cli/suggest.ts";

test("a swap, a change, a missing and an added letter each count as one", () => {
  expect(editDistance("watch", "wacth")).toBe(1);
  expect(editDistance("watch", "match")).toBe(1);
  expect(editDistance("watch", "wach")).toBe(1);
  expect(editDistance("watch", "waatch")).toBe(1);
});

test("the nearest candidate is proposed, and none if all are far", () => {
  expect(suggest("LocalProces", ["LocalResource", "LocalProcess"])).toBe("LocalProcess");
  expect(suggest("banana", ["LocalResource", "LocalProcess"])).toBeUndefined();
});

test("who writes a short word out in full is understood", () => {
  expect(didYouMean("enviroment", ["argv", "env", "dir"])).toBe(', did you mean "env"?');
});
