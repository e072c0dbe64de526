import { Type } from "typebox";
import { defineBuiltIn, type ObjectOf } from "../kind.ts";
import { Int32 } from "../meta.ts";
import { ExactMicroTime } from "./time.ts";

/** Says who leads, until when. */
export const Lease = defineBuiltIn({
  group: "coordination.k8s.io",
  version: "v1",
  names: { kind: "Lease", plural: "leases" },
  description: "Says who leads, until when.",
  namespaced: true,
  // Who leads is fenced by the revision that they have seen.
  unconditionalUpdate: false,
  createOnUpdate: true,
  fields: {
    spec: Type.Optional(
      Type.Object({
        holderIdentity: Type.Optional(Type.String({ description: "Who holds it." })),
        leaseDurationSeconds: Type.Optional(Int32({ minimum: 1, description: "How long it holds." })),
        acquireTime: Type.Optional(ExactMicroTime({ description: "Since when." })),
        renewTime: Type.Optional(ExactMicroTime({ description: "Last renewed." })),
        leaseTransitions: Type.Optional(Int32({ minimum: 0, description: "How often the holder changed." })),
        strategy: Type.Optional(Type.String({ description: "How the holder is chosen." })),
        preferredHolder: Type.Optional(Type.String({ description: "Who should take it over." })),
      }),
    ),
  },
  columns: [
    { name: "Holder", path: ".spec.holderIdentity", type: "string" },
    { name: "Age", path: ".metadata.creationTimestamp", type: "date" },
  ],
});
export type Lease = ObjectOf<typeof Lease>;
