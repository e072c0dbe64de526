import { expect, test } from "vitest";
import { orphanCycles } from "./orphan-cycle.ts";

test("G8: a server that is killed while five nasty programs run leaves no orphan and no double", async () => {
  const report = await orphanCycles(15);
  expect(report).toMatchObject({ cycles: 15, orphans: 0, doubles: 0 });
  expect(report.killed).toBeGreaterThan(15 * 5);
});
