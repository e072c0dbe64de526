import { expect, test } from "vitest";
import { labelSelectorToString } from "../../client/index.ts";

test("a selector object is written as kubectl would", () => {
  const selector = labelSelectorToString({
    matchLabels: { app: "web", tier: "" },
    matchExpressions: [
      { key: "env", operator: "In", values: ["a", "b"] },
      { key: "env", operator: "NotIn", values: ["c"] },
      { key: "x", operator: "Exists" },
      { key: "y", operator: "DoesNotExist" },
    ],
  });
  expect(selector).toBe("app=web,tier=,env in (a,b),env notin (c),x,!y");
});

test("the empty selector is empty, and so selects everything", () => {
  expect(labelSelectorToString({})).toBe("");
});
