import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isEmpty, intersection, pathsOf, printPath, union } from "../../../server/fieldmanager/fieldset.ts";
import {
  appliedSet,
  compare,
  extractItems,
  merge,
  parseEntries,
  removeItems,
} from "../../../server/fieldmanager/index.ts";
import { inScope, ownable } from "../../../server/fieldmanager/tracked.ts";
import {
  applied,
  nothing,
  ownersOf,
  type State,
  thing,
  things,
  tried,
  type,
  unordered,
  updated,
} from "./world.ts";

test("an apply that is repeated changes nothing, neither the object nor who owns it", () => {
  fc.assert(
    fc.property(things, things, (live, wanted) => {
      const once = applied(updated(nothing, "b", live), "a", wanted, { force: true });
      const twice = applied(once, "a", wanted, { time: "2026-02-02T00:00:00Z" });
      expect(twice).toEqual(once);
    }),
  );
});

test("what was applied without a conflict, and is applied no more, leaves the object as others made it", () => {
  fc.assert(
    fc.property(things, things, (live, wanted) => {
      const before = updated(nothing, "b", live);
      fc.pre(tried(before, "a", wanted).conflicts === undefined);
      const after = applied(applied(before, "a", wanted), "a", thing());
      expect(unordered(after.object!)).toEqual(unordered(live));
      expect(after.managed.map(({ manager }) => manager)).not.toContain("a");
    }),
  );
});

test("who applies other fields than those that are there has no conflict", () => {
  const renamed = (text: string) =>
    text.replaceAll(/"(a|b|c)":/g, '"other-$1":').replaceAll(/"name":"/g, '"name":"other-');
  fc.assert(
    fc.property(things, things, (live, wanted) => {
      const { spec, ...rest } = JSON.parse(renamed(JSON.stringify(wanted))) as typeof wanted;
      const { env, ports, free } = spec ?? {};
      const others = { ...rest, metadata: { ...rest.metadata, name: "a" }, spec: { env, ports, free } };
      const outcome = tried(
        updated(nothing, "b", live),
        "a",
        JSON.parse(JSON.stringify(others)) as typeof wanted,
      );
      expect(outcome.conflicts).toBeUndefined();
    }),
  );
});

test("rule 70: force leaves exactly one owner of what it takes", () => {
  fc.assert(
    fc.property(things, things, (live, wanted) => {
      const before = applied(updated(nothing, "b", live), "c", live);
      const { conflicts = [] } = tried(before, "a", wanted);
      const after = applied(before, "a", wanted, { force: true });
      for (const { path } of conflicts) expect(ownersOf(after, path)).toEqual(["a"]);
    }),
  );
});

test("rule 70: a conflict is about a value that differs, and tells its owner", () => {
  fc.assert(
    fc.property(things, things, (live, wanted) => {
      const before = updated(nothing, "b", live);
      const { conflicts = [] } = tried(before, "a", wanted);
      for (const { owner } of conflicts) expect(owner.manager).toBe("b");
      const changed = writtenBetween(before, applied(before, "a", wanted, { force: true }));
      const owned = before.managed[0]?.fieldsV1 ?? {};
      expect(conflicts.map(({ path }) => path)).toEqual([...pathsOf(intersection(owned, changed))]);
    }),
  );
});

function writtenBetween(before: State, after: State) {
  const { added, modified } = compare(type, inScope(before.object!, "all"), inScope(after.object!, "all"));
  return union(added, modified);
}

const step = fc.record({
  manager: fc.constantFrom("a", "b", "c"),
  isApply: fc.boolean(),
  wanted: things,
});

test("whatever is written, everything that is owned is there, and entries are as they are parsed", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
      let state = nothing;
      for (const { manager, isApply, wanted } of steps) {
        state = isApply ? applied(state, manager, wanted, { force: true }) : updated(state, manager, wanted);
      }
      const { added: present } = compare(type, undefined, inScope(state.object!, "all"));
      for (const { fieldsV1 } of state.managed) {
        expect([...pathsOf(fieldsV1)].map(printPath)).toEqual(
          [...pathsOf(intersection(fieldsV1, present))].map(printPath),
        );
        expect(isEmpty(fieldsV1)).toBe(false);
      }
      expect(parseEntries(JSON.parse(JSON.stringify(state.managed)))).toEqual(state.managed);
    }),
  );
});

test("an update owns what it changed, and an update that changes nothing owns nothing", () => {
  fc.assert(
    fc.property(things, things, (before, after) => {
      const created = updated(nothing, "a", before);
      expect(updated(created, "b", structuredClone(before)).managed).toBe(created.managed);
      const { managed } = updated(created, "b", after);
      const { added, modified } = compare(type, inScope(before, "all"), inScope(after, "all"));
      const own = managed.find(({ manager }) => manager === "b")?.fieldsV1 ?? {};
      expect([...pathsOf(own)]).toEqual([...pathsOf(ownable(union(added, modified)))]);
    }),
  );
});

test("what is merged holds all that was applied, and merging it again changes nothing", () => {
  fc.assert(
    fc.property(things, things, (live, wanted) => {
      const merged = merge(type, live, wanted);
      const { modified, removed } = compare(type, wanted, merged);
      expect([modified, removed].every(isEmpty)).toBe(true);
      expect(merge(type, merged, wanted)).toEqual(merged);
    }),
  );
});

test("what is removed and what is extracted are the two parts of an object", () => {
  fc.assert(
    fc.property(things, things, (live, wanted) => {
      const set = appliedSet(type, wanted);
      const merged = merge(type, live, wanted);
      const part = extractItems(type, merged, set);
      expect([...pathsOf(appliedSet(type, part))]).toEqual(expect.arrayContaining([...pathsOf(set)]));
      const rest = removeItems(type, merged, set) ?? {};
      expect(isEmpty(intersection(appliedSet(type, rest), set))).toBe(true);
    }),
  );
});
