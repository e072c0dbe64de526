import { expect, test } from "vitest";
import { soak } from "./soak.ts";

test("G8: in two minutes of a developer's day nothing runs twice, and what was saved last is served", async () => {
  const { seed, counts, violations } = await soak({ minutes: 2 });
  expect({ seed, violations }).toEqual({ seed, violations: [] });
  expect(counts["save"]).toBeGreaterThan(0);
}, 300_000);
