import { expect, test } from "vitest";
import { AbsentOwners } from "../../../controllers/gc/absent.ts";

const reference = (fields: object = {}) => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  name: "a",
  uid: "1",
  ...fields,
});

test("an owner that went is known by everything that a reference says, in whatever version", () => {
  const absent = new AbsentOwners();
  absent.add(reference(), "default");
  expect(absent.has(reference(), "default")).toBe(true);
  expect(absent.has(reference({ apiVersion: "example.com/v1beta1" }), "default")).toBe(true);
  for (const other of [{ name: "b" }, { uid: "2" }, { kind: "Gadget" }, { apiVersion: "example.org/v1" }]) {
    expect(absent.has(reference(other), "default")).toBe(false);
  }
  expect(absent.has(reference(), "other")).toBe(false);
  absent.delete(reference(), "default");
  expect(absent.has(reference(), "default")).toBe(false);
});

test("an owner that was in no namespace is gone for dependents in each", () => {
  const absent = new AbsentOwners();
  absent.add(reference(), "");
  expect(absent.has(reference(), "")).toBe(true);
  expect(absent.has(reference(), "default")).toBe(true);
});

test("only so many are remembered, the last ones", () => {
  const absent = new AbsentOwners();
  for (let uid = 0; uid <= 10_000; uid++) absent.add(reference({ uid: String(uid) }), "default");
  expect(absent.has(reference({ uid: "0" }), "default")).toBe(false);
  expect(absent.has(reference({ uid: "1" }), "default")).toBe(true);
});
