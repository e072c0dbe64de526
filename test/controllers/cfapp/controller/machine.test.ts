import { array, assert, constantFrom, property } from "fast-check";
import { expect, test } from "vitest";
import { type MachineEvent, type State, step } from "../../../../controllers/cfapp/engine/machine.ts";

const STATES: State[] = [
  "Idle",
  "Resolve",
  "Deploy",
  "Connect",
  "Baseline",
  "Watch",
  "Collect",
  "Stage",
  "Commit",
  "Backoff",
  "Blocked",
];
const EVENTS: MachineEvent[] = [
  "start",
  "stop",
  "respec",
  "resolved",
  "mustDeploy",
  "deployed",
  "connected",
  "offline",
  "known",
  "changed",
  "nothing",
  "planned",
  "staged",
  "committed",
  "incomplete",
  "failed",
  "refused",
  "again",
];

const after = (state: State, ...events: MachineEvent[]): State => events.reduce(step, state);

test("a save goes from looking through staging and committing back to watching", () => {
  expect(after("Idle", "start", "resolved", "connected", "known", "nothing")).toBe("Watch");
  expect(after("Watch", "changed", "planned", "staged", "committed")).toBe("Watch");
});

test("an app that is missing is deployed before it is connected", () => {
  expect(after("Idle", "start", "mustDeploy", "deployed", "resolved", "connected")).toBe("Baseline");
});

test("wherever it is, a stop ends it, another spec begins anew, a failure is tried again, a refusal waits", () => {
  for (const state of STATES.filter((state) => state !== "Idle")) {
    expect(step(state, "stop")).toBe("Idle");
    expect(step(state, "respec")).toBe("Resolve");
    expect(step(state, "failed")).toBe("Backoff");
    expect(step(state, "refused")).toBe("Blocked");
  }
  expect(step("Idle", "respec")).toBe("Idle");
});

test("nothing is committed that was not staged, and nothing is staged that was not looked at", () => {
  const ways = new Set<string>();
  assert(
    property(array(constantFrom(...EVENTS), { maxLength: 60 }), (events) => {
      let state: State = "Idle";
      for (const event of events) {
        const next = step(state, event);
        if ((next === "Commit" || next === "Stage") && next !== state) ways.add(`${state} ${event} ${next}`);
        state = next;
      }
    }),
  );
  expect(["Collect planned Stage", "Stage staged Commit"]).toEqual(expect.arrayContaining([...ways]));
});

test("out of every state there is a way back to watching", () => {
  for (const state of STATES) {
    const reached = new Set<State>([state]);
    for (const at of reached) for (const event of EVENTS) reached.add(step(at, event));
    expect(reached).toContain("Watch");
  }
});
