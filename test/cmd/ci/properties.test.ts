import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { KubeObject } from "../../../apis/meta.ts";
import {
  backOff,
  broken,
  BUILD,
  building,
  built,
  failed,
  JOB,
  look,
  MINUTE,
  neverAsked,
  process,
  resource,
  running,
  SECOND,
  SERVE,
  SERVER,
  serving,
  START,
  succeeded,
  waiting,
} from "./scene.ts";

const processes = fc.record({
  spec: fc.constantFrom(JOB, SERVER, { daemon: true }, { ...JOB, disabled: true }),
  status: fc.constantFrom(
    undefined,
    running(true),
    running(false),
    succeeded,
    failed,
    backOff,
    waiting("waits"),
  ),
});
const resources = fc.record({
  spec: fc.constantFrom(
    BUILD,
    SERVE,
    { ...BUILD, ...SERVE },
    { ...BUILD, initialRun: false },
    { ...SERVE, disabled: true },
  ),
  status: fc.constantFrom(undefined, building, built, broken(), serving(true), serving(false), neverAsked),
});
const objects: fc.Arbitrary<KubeObject[]> = fc
  .tuple(fc.array(processes, { maxLength: 4 }), fc.array(resources, { maxLength: 4 }))
  .map(([some, others]) => [
    ...some.map(({ spec, status }, i) => process(`p${i}`, spec, status)),
    ...others.map(({ spec, status }, i) => resource(`r${i}`, spec, status)),
  ]);
const terms = fc.record({
  graceMs: fc.constantFrom(0, 30 * SECOND, MINUTE),
  timeoutMs: fc.constantFrom(MINUTE, 30 * MINUTE, Infinity),
});
const time = fc.integer({ min: 0, max: 40 * MINUTE });
const RUNS = { numRuns: 10_000 };

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

test("CI-14: looking again at what has not changed finds the same, and looking changes nothing", () => {
  fc.assert(
    fc.property(objects, terms, time, (all, some, ms) => {
      const scene = { terms: some, ms };
      const first = look(frozen(structuredClone(all)), scene);
      const again = look(frozen(structuredClone(all)), { ...scene, memory: first.memory });
      expect(again).toEqual(first);
    }),
    RUNS,
  );
});

test("CI-14: before the time that it names nothing changes by itself, so that nobody need look", () => {
  fc.assert(
    fc.property(
      objects,
      terms,
      time,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (all, some, ms, part) => {
        const first = look(all, { terms: some, ms });
        if (first.nextMs === undefined) return;
        expect(first.nextMs).toBeGreaterThan(START + ms);
        const restMs = Math.min(first.nextMs, START + ms + 60 * MINUTE) - START - ms;
        const later = look(all, { terms: some, ms: ms + Math.floor(restMs * part), memory: first.memory });
        expect(later.targets).toEqual(first.targets);
        expect(later.result).toBe("running");
      },
    ),
    RUNS,
  );
});

test("CI-8: it ends well exactly if nothing that counts is left to wait for, in whatever order it is looked at", () => {
  fc.assert(
    fc.property(objects, terms, time, (all, some, ms) => {
      const { result, targets } = look(all, { terms: some, ms });
      const isWell = targets.every(({ state }) => ["good", "idle", "disabled"].includes(state));
      expect(result === "succeeded").toBe(isWell);
      expect(look(all.toReversed(), { terms: some, ms }).result).toBe(result);
    }),
    RUNS,
  );
});
