import * as fc from "fast-check";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { Engine, sh, specOf, test } from "./engine.ts";

/** Each holds a lock while any of it lives, however it dies, so that a second one gives itself away. */
const LOCK = "exec 9>lock; flock -n -E 99 9; [ $? = 99 ] && touch double;";
const SCRIPTS = [
  `trap 'exit 0' TERM; ${LOCK} while :; do sleep 0.01; done`,
  `trap 'sleep 0.05; exit 0' TERM; ${LOCK} while :; do sleep 0.01; done`,
  `${LOCK} setsid sh -c "trap '' HUP; sleep 0.1" & exit 0`,
  `${LOCK} exit 1`,
];

const order = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...SCRIPTS).map((script) => ({ script })) },
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
