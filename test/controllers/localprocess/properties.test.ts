import * as fc from "fast-check";
import { expect, test, vi } from "vitest";
import { scenario, type Scenario } from "./sim/commands.ts";
import { play } from "./sim/play.ts";
import { problemsOf } from "./sim/verdict.ts";

// The operating system is simulated, and nothing of ours: its calls end here.
vi.mock("node:fs", async () => (await import("./sim/modules.ts")).fs);
vi.mock("node:fs/promises", async () => (await import("./sim/modules.ts")).fsPromises);
vi.mock("node:child_process", async () => (await import("./sim/modules.ts")).childProcess);

const CASES = 10_000;

/** Histories that have once gone wrong. */
const KNOWN: [Scenario][] = [
  // A stop was asked for before the run that it ended had begun, and was lost in a crash.
  [
    {
      initialRun: true,
      behaviours: [{ onTerm: { how: "exit", afterMs: 1, code: 0 } }],
      commands: [
        { command: { does: "ask", type: "Trigger", input: undefined }, isRushed: false },
        { command: { does: "spec", change: { env: "1" } }, isRushed: true },
        { command: { does: "ask", type: "Stop", input: undefined }, isRushed: true },
        { command: { does: "exit", code: 0 }, isRushed: false },
        { command: { does: "crash" }, isRushed: false },
      ],
    },
  ],
  // It was stopped by hand, ran again for a change, and its server died while it ended what its probe had failed.
  [
    {
      initialRun: true,
      behaviours: [
        { failure: { code: "ENOENT", isLater: false }, onTerm: { how: "ignore" } },
        { onTerm: { how: "ignore" } },
      ],
      commands: [
        { command: { does: "ask", type: "Stop", input: undefined }, isRushed: false },
        { command: { does: "spec", change: { livenessProbe: true } }, isRushed: false },
        { command: { does: "crashAfter", calls: 3 }, isRushed: false },
        { command: { does: "wait", ms: 61_000 }, isRushed: false },
      ],
    },
  ],
  // A stop was told to be ignored, as it was disabled, and the next server obeyed it.
  [
    {
      initialRun: true,
      behaviours: [],
      commands: [
        { command: { does: "disable" }, isRushed: false },
        { command: { does: "ask", type: "Stop", input: undefined }, isRushed: false },
        { command: { does: "enable" }, isRushed: true },
        { command: { does: "crash" }, isRushed: false },
      ],
    },
  ],
];

test(
  "G8: whatever people do, programs do and crashes interrupt, one copy runs at most, and the end is what was asked for",
  { timeout: 600_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (scenario) => {
        const played = await play(scenario);
        try {
          expect(problemsOf(played)).toEqual([]);
        } finally {
          played.world.close();
        }
      }),
      { numRuns: Number(process.env["PROPERTY_CASES"] ?? CASES), examples: KNOWN },
    );
  },
);
