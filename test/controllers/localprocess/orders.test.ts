import * as fc from "fast-check";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { Engine, sh, specOf, test } from "./engine.ts";

/** It takes a directory while it runs, so that a second one at the same time gives itself away. */
const SCRIPTS = {
  polite: "trap 'rmdir lock; exit 0' TERM; mkdir lock || touch double; while :; do sleep 0.01; done",
  slow: "trap 'sleep 0.05; rmdir lock; exit 0' TERM; mkdir lock || touch double; while :; do sleep 0.01; done",
  short: "mkdir lock || touch double; rmdir lock",
};

const order = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...Object.values(SCRIPTS)).map((script) => ({ script })) },
  { weight: 1, arbitrary: fc.constant("wait" as const) },
  { weight: 1, arbitrary: fc.constant("disable" as const) },
);
const orders = fc.array(fc.record({ order, pauseMs: fc.integer({ min: 0, max: 40 }) }), { maxLength: 12 });

test(
  "G8 whatever is ordered whenever, two copies never run at once and none is left over",
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(orders, async (orders) => {
        const engine = new Engine();
        try {
          const web = engine.process();
          for (const { order, pauseMs } of orders) {
            if (order === "wait") web.wait("told to");
            else if (order === "disable") web.disable();
            else {
              const spec = specOf({ argv: sh(order.script), daemon: true });
              web.run({ spec, root: engine.directory, cause: { type: "Trigger", time: "" } });
            }
            await new Promise((resolve) => setTimeout(resolve, pauseMs));
          }
          await web.end("enough");
          expect(existsSync(join(engine.directory, "double"))).toBe(false);
          expect(engine.left).toEqual([]);
          expect(readdirSync(join(engine.directory, "processes"))).toEqual([]);
        } finally {
          await engine.close();
        }
      }),
      { numRuns: 25 },
    );
  },
);
