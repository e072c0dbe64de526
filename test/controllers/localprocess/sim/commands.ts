import * as fc from "fast-check";
import type { Behaviour } from "./kernel.ts";

export type RequestType = "Trigger" | "Restart" | "Stop" | "Cancel";

/** A change of what is executed has `argv`, `env` or a probe; the rest is policy. */
export interface SpecChange {
  argv?: string;
  env?: string;
  startupProbe?: boolean;
  livenessProbe?: boolean;
  restartPolicy?: "Never" | "OnFailure" | "Always";
  maxRestarts?: number;
  grace?: number;
  timeout?: string;
}

export type Command =
  | { does: "spec"; change: SpecChange }
  /** Who purges an object takes away its finalizers too. */
  | { does: "disable" | "enable" | "delete" | "purge" | "kill" | "crash" }
  | { does: "create"; initialRun: boolean }
  | { does: "ask"; type: RequestType; input?: string }
  | { does: "exit"; code: number }
  | { does: "crashAfter"; calls: number }
  | { does: "wait"; ms: number };

export interface Scenario {
  initialRun: boolean;
  behaviours: Behaviour[];
  /** A command is rushed when the controller has no time to see it before the next one. */
  commands: { command: Command; isRushed: boolean }[];
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

const behaviour: fc.Arbitrary<Behaviour> = fc.record(
  {
    failure: maybe(fc.record({ code: fc.constantFrom("ENOENT", "EAGAIN"), isLater: fc.boolean() })),
    exit: maybe(
      fc.record({ afterMs: fc.constantFrom(1, 30, 1_500, 70_000), code: fc.constantFrom(0, 0, 1, 7) }),
    ),
    onTerm: fc.oneof(
      fc.constant({ how: "die" as const }),
      fc.constant({ how: "ignore" as const }),
      fc.record({
        how: fc.constant("exit" as const),
        afterMs: fc.constantFrom(1, 40, 900, 5_000),
        code: fc.constantFrom(0, 143),
      }),
    ),
    killMs: maybe(fc.constantFrom(20, 6_000)),
    child: maybe(fc.record({ isInGroup: fc.boolean(), ignoresTerm: fc.boolean() })),
    saysUpAfterMs: maybe(fc.constantFrom(1, 400, 9_000)),
  },
  { requiredKeys: ["onTerm"] },
);

const specChange: fc.Arbitrary<SpecChange> = fc.oneof(
  fc.record({ argv: fc.constantFrom("a", "b", "c") }),
  fc.record({ env: fc.constantFrom("1", "2") }),
  fc.record({ restartPolicy: fc.constantFrom("Never" as const, "OnFailure" as const, "Always" as const) }),
  fc.record({ startupProbe: fc.boolean() }),
  fc.record({ livenessProbe: fc.boolean() }),
  fc.record({ maxRestarts: fc.constantFrom(0, 1, 3) }),
  fc.record({ grace: fc.constantFrom(0, 1) }),
  fc.record({ timeout: fc.constantFrom("1ms", "2s") }),
);

const just = (
  ...does: ("disable" | "enable" | "delete" | "purge" | "kill" | "crash")[]
): fc.Arbitrary<Command> => fc.record({ does: fc.constantFrom(...does) });

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ does: fc.constant("spec" as const), change: specChange }) },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant("ask" as const),
      type: fc.constantFrom<RequestType>("Trigger", "Restart", "Stop", "Cancel"),
      input: maybe(fc.constantFrom("x", "y")),
    }),
  },
  { weight: 2, arbitrary: just("disable", "enable") },
  { weight: 1, arbitrary: just("delete", "purge") },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant("create" as const), initialRun: fc.boolean() }),
  },
  { weight: 2, arbitrary: just("kill", "crash") },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("exit" as const), code: fc.constantFrom(0, 1) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant("crashAfter" as const),
      calls: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant("wait" as const),
      ms: fc.constantFrom(1, 30, 600, 2_500, 61_000),
    }),
  },
);

export const scenario: fc.Arbitrary<Scenario> = fc.record({
  initialRun: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.boolean() }),
  behaviours: fc.array(behaviour, { maxLength: 5 }),
  commands: fc.array(
    fc.record({
      command,
      isRushed: fc.oneof(
        { weight: 3, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) },
      ),
    }),
    { maxLength: 12 },
  ),
});
