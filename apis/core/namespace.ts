import { Type, type Static } from "typebox";
import { defineBuiltIn, type ObjectOf } from "../kind.ts";
import type { FieldError } from "../errors.ts";
import { Enum, ListMap, MAX_PARALLEL_BUILDS_ANNOTATION, parallelBuildsOf, Time } from "../meta.ts";

/**
 * Holds a Namespace until everything in it is gone. It stands in `spec.finalizers`, where the server puts it and where
 * only the `finalize` subresource can take it away, as the namespace controller does.
 */
export const NAMESPACE_FINALIZER = "kubernetes";

const NamespaceCondition = Type.Object({
  type: Type.String({ description: "What the condition is about, such as NamespaceContentRemaining." }),
  status: Enum(["True", "False", "Unknown"], { description: "Whether it holds." }),
  lastTransitionTime: Type.Optional(Time({ description: "When status last changed." })),
  reason: Type.Optional(Type.String({ description: "One CamelCase word that programs can ask for." })),
  message: Type.Optional(Type.String({ description: "The same for people." })),
});
export type NamespaceCondition = Static<typeof NamespaceCondition>;

const badLimit = (limit: string): FieldError => ({
  field: `metadata.annotations[${MAX_PARALLEL_BUILDS_ANNOTATION}]`,
  message: `Invalid value: ${JSON.stringify(limit.slice(0, 40))}: must be a whole number of builds, from 0 to 9999`,
  reason: "FieldValueInvalid",
});

/** A project or a worktree: names are unique within it. */
export const Namespace = defineBuiltIn({
  group: "",
  version: "v1",
  names: { kind: "Namespace", plural: "namespaces", short: ["ns"] },
  description: "A project or a worktree: names are unique within it.",
  namespaced: false,
  statusSubresource: true,
  finalize: true,
  // One after the other, by name: nobody means to delete all of them at once.
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  fields: {
    spec: Type.Optional(
      Type.Object({
        finalizers: Type.Optional(
          Type.Array(Type.String(), { description: "Who holds it, beside those of the metadata." }),
        ),
      }),
    ),
    status: Type.Optional(
      Type.Object({
        phase: Type.Optional(Type.String({ description: "Active or Terminating." })),
        conditions: Type.Optional(
          ListMap(NamespaceCondition, ["type"], {
            description: "While it is being deleted: what it waits for.",
          }),
        ),
      }),
    ),
  },
  validateChange: ({ metadata }, old): FieldError[] => {
    const limit = metadata.annotations?.[MAX_PARALLEL_BUILDS_ANNOTATION];
    // What is there already, such as from an older server, is no reason to refuse another change.
    if (limit === old?.metadata.annotations?.[MAX_PARALLEL_BUILDS_ANNOTATION]) return [];
    return limit === undefined || parallelBuildsOf(limit) !== undefined ? [] : [badLimit(limit)];
  },
  selectableFields: { "status.phase": ".status.phase" },
  columns: [
    { name: "Status", path: ".status.phase", type: "string" },
    { name: "Age", path: ".metadata.creationTimestamp", type: "date" },
    { name: "Root", path: '.metadata.annotations["tiltish.dev/root"]', type: "string", priority: 1 },
  ],
});
export type Namespace = ObjectOf<typeof Namespace>;
