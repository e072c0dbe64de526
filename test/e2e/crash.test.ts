import { expect, test } from "vitest";
import { crashCycles } from "./crash-cycle.ts";

test("G1, G2, G3: a server that is killed under concurrent writes loses no answered write", async () => {
  const report = await crashCycles(6);
  expect(report).toMatchObject({ cycles: 6, violations: [] });
  expect(report.acknowledged).toBeGreaterThan(100);
});
