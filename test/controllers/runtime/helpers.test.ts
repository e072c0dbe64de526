import { expect, test } from "vitest";
import { LocalProcess, LocalResource } from "../../../apis/v1alpha1/index.ts";
import {
  controllerOf,
  findCondition,
  isConditionTrue,
  isOwnedBy,
  nowMicro,
  ownerOfKind,
  ownerReferenceTo,
  removeCondition,
  setCondition,
} from "../../../controllers/runtime/index.ts";
import { FakeClock } from "../../client/fakeClock.ts";

const ready = (status: "True" | "False", message = "") => ({
  type: "Ready",
  status,
  reason: "Because",
  message,
});

test("the time of a condition moves only when its status does", () => {
  const clock = new FakeClock();
  const first = setCondition([], ready("False", "a"), clock);
  clock.advance(5_000);
  const second = setCondition(first, ready("False", "b"), clock);
  expect(second).toEqual([{ ...ready("False", "b"), lastTransitionTime: "2030-01-01T00:00:00Z" }]);
  const third = setCondition(second, ready("True"), clock);
  expect(third[0]?.lastTransitionTime).toBe("2030-01-01T00:00:05Z");
  expect(isConditionTrue(third, "Ready")).toBe(true);
});

test("setting one condition leaves the others where they are, and the given list as it was", () => {
  const other = { ...ready("True"), type: "Other", lastTransitionTime: "2020-01-01T00:00:00Z" };
  const before = Object.freeze([other, ...setCondition([], ready("True"))]);
  const after = setCondition(before, ready("False"));
  expect(after.map(({ type, status }) => `${type}=${status}`)).toEqual(["Other=True", "Ready=False"]);
  expect(findCondition(before, "Ready")?.status).toBe("True");
  expect(removeCondition(after, "Ready")).toEqual([other]);
});

test("a MicroTime has six digits", () => {
  expect(nowMicro(new FakeClock())).toBe("2030-01-01T00:00:00.000000Z");
});

const owner = {
  apiVersion: "tiltish.dev/v1alpha1",
  kind: "LocalResource",
  metadata: { name: "web", namespace: "shop", uid: "1" },
};
const owned = {
  metadata: { name: "web-serve", namespace: "shop", ownerReferences: [ownerReferenceTo(owner)] },
};

test("an owner is known by its uid, not by its name", () => {
  expect(isOwnedBy(owned, owner)).toBe(true);
  expect(isOwnedBy(owned, { metadata: { ...owner.metadata, uid: "2" } })).toBe(false);
  expect(controllerOf(owned)).toMatchObject({ name: "web", uid: "1", controller: true });
});

test("an owned object wakes its controlling owner, in its own namespace, if that is of the kind", () => {
  expect(ownerOfKind(owned, LocalResource)).toEqual([{ namespace: "shop", name: "web" }]);
  expect(ownerOfKind(owned, LocalProcess)).toEqual([]);
});
