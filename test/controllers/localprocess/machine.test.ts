import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  INITIAL,
  step,
  type Machine,
  type MachineEvent,
  type Outcome,
} from "../../../controllers/localprocess/machine.ts";

const outcomes: Outcome[] = ["Succeeded", "Failed", "BackOff"];
const event: fc.Arbitrary<MachineEvent> = fc.oneof(
  fc.constantFrom<MachineEvent>(
    { type: "run" },
    { type: "wait" },
    { type: "disable" },
    { type: "started" },
    { type: "exited" },
    { type: "giveUp" },
    { type: "backoffOver" },
  ),
  fc.constantFrom(...outcomes).map((outcome): MachineEvent => ({ type: "gone", outcome })),
);

/** A world that does as it is told: it is what must never hold two processes. */
class World {
  machine: Machine = INITIAL;
  processes = 0;
  backoffs = 0;
  isStopping = false;

  /** Events that cannot come are left out: nobody exits who does not run. */
  apply(event: MachineEvent): void {
    if (event.type === "gone" && !this.isStopping && this.backoffs === 0) return;
    if (["started", "exited", "giveUp"].includes(event.type) && this.processes === 0) return;
    if (event.type === "backoffOver" && this.backoffs === 0) return;
    if (event.type === "gone") [this.processes, this.isStopping] = [0, false];
    if (event.type === "backoffOver") this.backoffs = 0;
    const { machine, effects } = step(this.machine, event);
    this.machine = machine;
    for (const effect of effects) {
      if (effect === "spawn") this.processes++;
      if (effect === "stop") this.isStopping = true;
      if (effect === "armBackoff") this.backoffs++;
      if (effect === "disarmBackoff") this.backoffs--;
    }
  }
}

const inWorld = (check: (world: World, events: MachineEvent[]) => void) =>
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const world = new World();
      for (const event of events) world.apply(event);
      check(world, events);
    }),
    { numRuns: 2000 },
  );

describe("whatever happens in whatever order,", () => {
  test("G8 at most one process runs, and none in a state that says so", () => {
    inWorld((world) => {
      const runs = ["Starting", "Running", "Stopping"].includes(world.machine.state);
      expect(world.processes).toBe(runs ? 1 : 0);
    });
  });

  test("a backoff is armed in BackOff and nowhere else", () => {
    inWorld((world) => expect(world.backoffs).toBe(world.machine.state === "BackOff" ? 1 : 0));
  });

  test("a process that is being stopped is being stopped once, and has a goal", () => {
    inWorld((world) => {
      expect(world.isStopping).toBe(world.machine.state === "Stopping");
      expect(world.machine.goal !== undefined).toBe(world.machine.state === "Stopping");
    });
  });

  test("the last order is the one that is obeyed", () => {
    inWorld((world) => {
      world.apply({ type: "run" });
      world.apply({ type: "disable" });
      world.apply({ type: "gone", outcome: "BackOff" });
      expect(world.machine.state).toBe("Disabled");
      world.apply({ type: "run" });
      world.apply({ type: "started" });
      expect(world.machine.state).toBe("Running");
    });
  });
});
