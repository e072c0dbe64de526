import { Type, type TObject } from "typebox";
import type { FieldError } from "../../errors.ts";
import { commonStatus, Defaulted, Enum, ListMap, MicroTime } from "../../meta.ts";
import { Cause } from "./cause.ts";
import { dependsOn, disabled, RestartOn } from "./dependency.ts";

/** Names an image object whose result this one needs. */
const ImageRef = Type.Object({
  kind: Enum(["DockerImage", "CustomImage"], { description: "Kind of the image object." }),
  name: Type.String({ minLength: 1, description: "Its name, in the same namespace." }),
});

/** On every kind that consumes images. */
export const imageRefs = Type.Optional(
  ListMap(ImageRef, ["kind", "name"], {
    description:
      "Images to wait for. Each gives its content-addressed reference as TILTISH_IMAGE_<NAME>, or in place of refs.config in YAML.",
  }),
);

const refs = Type.Object(
  {
    config: Type.String({
      minLength: 1,
      description: "The name by which other configuration refers to the image.",
    }),
    local: Type.Optional(Type.String({ description: "Where this machine pushes it. Default: config." })),
    cluster: Type.Optional(Type.String({ description: "Where the cluster pulls it from. Default: local." })),
  },
  { description: "Names of the image, without a tag." },
);

/** What both image kinds have in their spec. */
export const commonImageSpec = {
  refs,
  imageRefs,
  restartOn: Type.Optional(RestartOn),
  triggerMode: Defaulted(
    Enum(["Auto", "Manual"], { description: "Auto: build on every change. Manual: only when triggered." }),
    "Auto",
  ),
  dependsOn,
  disabled,
};

const Stage = Type.Object({
  name: Type.String({ description: "Name of the stage." }),
  cached: Type.Optional(Type.Boolean({ description: "Whether nothing had to be done." })),
  startTime: Type.Optional(MicroTime({ description: "When it started." })),
  finishTime: Type.Optional(MicroTime({ description: "When it ended." })),
  error: Type.Optional(Type.String({ description: "Why it failed." })),
});

/** The status of both image kinds. */
export const imageStatus: TObject = Type.Object({
  ...commonStatus,
  state: Type.Optional(
    Enum(["Waiting", "Building", "Pushing", "Built", "Failed", "Disabled"], {
      description: "What it is doing.",
    }),
  ),
  refs: Type.Optional(
    Type.Object(
      {
        local: Type.Optional(Type.String({ description: "Content-addressed reference on this machine." })),
        cluster: Type.Optional(Type.String({ description: "Content-addressed reference in the cluster." })),
      },
      { description: "References of what was built last." },
    ),
  ),
  digest: Type.Optional(Type.String({ description: "Digest of the image." })),
  tag: Type.Optional(Type.String({ description: "Its tag." })),
  error: Type.Optional(Type.String({ description: "Why the last build failed." })),
  stages: Type.Optional(Type.Array(Stage, { description: "Stages of the build." })),
  startTime: Type.Optional(MicroTime({ description: "When the build started." })),
  finishTime: Type.Optional(MicroTime({ description: "When it ended." })),
  duration: Type.Optional(Type.String({ description: "How long it took." })),
  cause: Type.Optional(Cause),
});

/** The columns of both image kinds. */
export const imageColumns = [
  { name: "State", path: ".status.state", type: "string" as const },
  { name: "Ref", path: ".status.refs.local", type: "string" as const },
  { name: "Duration", path: ".status.duration", type: "string" as const },
  { name: "Age", path: ".metadata.creationTimestamp", type: "date" as const },
];

/** An error unless exactly one of the fields is given. */
export function exactlyOneOf(spec: object, at: string, fields: string[]): FieldError[] {
  const given = fields.filter((field) => (spec as Record<string, unknown>)[field] !== undefined);
  if (given.length === 1) return [];
  const extra = given.length ? `, not ${given.join(" and ")}` : "";
  return [
    { field: at, message: `give exactly one of ${fields.join(", ")}${extra}`, reason: "FieldValueRequired" },
  ];
}
