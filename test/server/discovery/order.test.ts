import { expect, test } from "vitest";
import { ALL_KINDS } from "../../../apis/index.ts";
import type { Kind } from "../../../apis/kind.ts";
import { LocalProcess } from "../../../apis/v1alpha1/index.ts";
import { bodyAt, get, like } from "./helpers.ts";

const versioned = (group: string, version: string): Kind => like(LocalProcess, { group, version });
const groupsOf = (kinds: readonly Kind[]): string[] =>
  bodyAt("/apis", { kinds }).groups.map(({ name }) => name);

test("versions stand in the order in which Kubernetes prefers them, whatever the order of kinds", () => {
  const inOrder = [
    "v10",
    "v2",
    "v1",
    "v11beta2",
    "v10beta3",
    "v3beta1",
    "v12alpha1",
    "v11alpha2",
    "foo1",
    "foo10",
  ];
  const kinds = inOrder.toSorted().map((version) => versioned("example.com", version));
  const group = bodyAt("/apis/example.com", {
    kinds,
  });
  expect(group.versions.map(({ version }) => version)).toEqual(inOrder);
  expect(group.preferredVersion).toEqual({ groupVersion: "example.com/v10", version: "v10" });
});

test("our group stands before those of Kubernetes, and others come last, by name", () => {
  const kinds = [versioned("z.example.com", "v1"), versioned("a.example.com", "v1"), ...ALL_KINDS];
  const groups = groupsOf(kinds);
  expect(groups[0]).toBe("tiltish.dev");
  expect(groups.slice(-2)).toEqual(["a.example.com", "z.example.com"]);
  expect(groups.slice(1, -2)).toEqual(
    expect.arrayContaining(["authorization.k8s.io", "coordination.k8s.io"]),
  );
});

test("a group appears with its first version and is gone with its last", () => {
  const one = versioned("example.com", "v1");
  expect(groupsOf([...ALL_KINDS, one])).toContain("example.com");
  expect(groupsOf(ALL_KINDS)).not.toContain("example.com");
  expect(get("/apis/example.com", { kinds: [...ALL_KINDS, one] })).toBeDefined();
  expect(get("/apis/example.com")).toBeUndefined();
  expect(get("/apis/example.com/v1")).toBeUndefined();
});
