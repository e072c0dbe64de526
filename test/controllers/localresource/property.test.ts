import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { REQUEST_TYPES } from "../../../apis/v1alpha1/index.ts";
import { World } from "./model.ts";

const CASES = 10_000;
const NAMES = ["one", "two", "three"] as const;

/** The clock goes on by as much as two things can be told apart by. */
let nowMs = 0;
const tick = (): void => void vi.setSystemTime((nowMs += 1));
beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterAll(() => void vi.useRealTimers());

const name = fc.constantFrom(...NAMES);
const role = fc.constantFrom("build", "serve");
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("reconcile" as const), name }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("react" as const), name, role }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("save" as const), name }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("exit" as const), name, isGood: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("ask" as const), name, type: fc.constantFrom(...REQUEST_TYPES) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("all" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("disable" as const), name, disabled: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("db" as const), isReady: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function perform(world: World, what: Step): Promise<unknown> {
  if (what.do === "reconcile") return world.reconcile(what.name);
  if (what.do === "react") return world.react(`${what.name}-${what.role}`);
  if (what.do === "save") return world.save(what.name);
  if (what.do === "exit") return world.exit(`${what.name}-build`, what.isGood);
  if (what.do === "ask") return world.ask(what.name, what.type);
  if (what.do === "disable") return world.setDisabled(what.name, what.disabled);
  if (what.do === "db") return world.setDb(what.isReady);
  return what.do === "restart" ? world.restart() : lookAtAll(world);
}

async function lookAtAll(world: World): Promise<void> {
  for (const each of NAMES) {
    await world.reconcile(each);
    for (const role of ["build", "serve"]) world.react(`${each}-${role}`);
  }
}

const ROUNDS = 40;

/** Everything is looked at, and every build ends well, until nothing happens any more. */
async function settle(world: World): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const before = world.api.revision;
    await lookAtAll(world);
    for (const each of NAMES) world.exit(`${each}-build`, true);
    if (world.api.revision === before) return;
  }
  throw new Error(
    `nothing has come to rest: ${JSON.stringify(NAMES.map((each) => world.resource(each).status))}`,
  );
}

function check(world: World, each: string): void {
  const { status = {}, spec } = world.resource(each);
  const { state, pending, stopped, build } = status;
  expect(build?.startTime === undefined || build.finishTime !== undefined).toBe(true);
  expect(status.buildHistory?.length ?? 0).toBeLessThanOrEqual(10);
  if (stopped) {
    expect(state).toBe("Idle");
    return expect([...world.running.keys()]).not.toContain(`${each}-serve`);
  }
  const isLost = world.seen.get(each)! < world.saved.get(each)!;
  // What no build has seen is pending, or nothing is: it is never forgotten.
  expect({ each, pending: pending !== undefined }).toEqual({ each, pending: isLost });
  if (spec.triggerMode === "Auto") expect(isLost).toBe(false);
  if (build && !build.error) expect([...world.running.keys()]).toContain(`${each}-serve`);
  if (build && !build.error && !isLost) {
    expect(status.conditions?.find(({ type }) => type === "Ready")).toMatchObject({ status: "True" });
    expect(state).toBe("Serving");
  }
  if (build?.error && !isLost) expect(state).toBe("Failed");
}

test(
  "whatever happens, no build runs beyond the limit, no server is started from a failed build, changes during a build " +
    "are one more build, nothing is lost, and it comes to rest",
  { timeout: 600_000 },
  async () => {
    const history = fc.array(step, { minLength: 1, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        nowMs = Date.UTC(2026, 0, 2);
        tick();
        const world = new World(NAMES, tick);
        await world.create();
        for (const what of steps) await perform(world, what);
        world.setDb(true);
        for (const each of NAMES) await world.setDisabled(each, false);
        await lookAtAll(world);
        const begun = new Map(NAMES.map((each) => [each, new Set(world.begun.get(each))]));
        await settle(world);
        for (const each of NAMES) {
          const more = [...world.begun.get(each)!].filter((cause) => !begun.get(each)!.has(cause));
          expect(more.length).toBeLessThanOrEqual(1);
          check(world, each);
        }
      }),
      { numRuns: CASES },
    );
  },
);
