import { Type } from "typebox";
import { defineBuiltIn, type ObjectOf } from "../kind.ts";

/** Holds a Namespace until everything in it is gone. The server sets it; the namespace controller takes it away. */
export const NAMESPACE_FINALIZER = "tiltish.dev/namespace";

/** A project or a worktree: names are unique within it. */
export const Namespace = defineBuiltIn({
  group: "",
  version: "v1",
  names: { kind: "Namespace", plural: "namespaces", short: ["ns"] },
  description: "A project or a worktree: names are unique within it.",
  namespaced: false,
  statusSubresource: true,
  // One after the other, by name: nobody means to delete all of them at once.
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  fields: {
    spec: Type.Optional(
      Type.Object({
        finalizers: Type.Optional(Type.Array(Type.String(), { description: "Kept for clients." })),
      }),
    ),
    status: Type.Optional(
      Type.Object({ phase: Type.Optional(Type.String({ description: "Active or Terminating." })) }),
    ),
  },
  columns: [
    { name: "Status", path: ".status.phase", type: "string" },
    { name: "Age", path: ".metadata.creationTimestamp", type: "date" },
    { name: "Root", path: '.metadata.annotations["tiltish.dev/root"]', type: "string", priority: 1 },
  ],
});
export type Namespace = ObjectOf<typeof Namespace>;
