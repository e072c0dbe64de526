import { expect, test } from "vitest";
import { runCrashCycles } from "./crash-cycle.ts";
import { temporaryDirectory } from "./helpers.ts";

test("killed ten times while writing, nothing answered is lost, torn or resurrected (G1, G2, G3)", async () => {
  const seed = Number(process.env["TILTISH_SEED"] ?? 1);
  const findings = await runCrashCycles({ directory: temporaryDirectory(), cycles: 10, seed });
  expect(findings.acknowledged).toBeGreaterThan(500); // fewer would prove little
}, 120_000);
