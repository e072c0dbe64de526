import { Type } from "typebox";
import type { FieldError } from "../../errors.ts";
import { commonStatus, Defaulted, described, Enum, ListMap, MicroTime } from "../../meta.ts";
import { Cause } from "./cause.ts";
import { dependsOn, disabled, RestartOn } from "./dependency.ts";

/** Names an image object whose result this one needs. */
const ImageRef = Type.Object({
  kind: Enum(["DockerImage", "CustomImage"], { description: "Kind of the image object." }),
  name: Type.String({ minLength: 1, description: "Its name, in the same namespace." }),
});

/** The environment variable in which those who need an image get its reference. */
export const imageVariableOf = (name: string): string =>
  `TILTISH_IMAGE_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`;

/** An error for each image whose variable another one has already. */
export function validateImageRefs(refs: { kind: string; name: string }[] = [], at: string): FieldError[] {
  const taken = new Map<string, string>();
  return refs.flatMap(({ kind, name }, i) => {
    const variable = imageVariableOf(name);
    const other = taken.get(variable);
    if (other === undefined) taken.set(variable, `${kind}/${name}`);
    const message = `${kind}/${name} would give ${variable}, which ${other} gives already; rename one of them`;
    return other === undefined ? [] : [{ field: `${at}[${i}].name`, message, reason: "FieldValueInvalid" }];
  });
}

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
    Enum(["Auto", "Manual"], {
      description: "Auto: build on every change. Manual: once, and then only when triggered.",
    }),
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
export const imageStatus = Type.Object({
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
  error: Type.Optional(
    Type.String({ description: "Why the last build failed. What was built before stays in refs." }),
  ),
  message: Type.Optional(Type.String({ description: "What it waits for, or does." })),
  stages: Type.Optional(Type.Array(Stage, { description: "Stages of the build." })),
  startTime: Type.Optional(MicroTime({ description: "When the build started." })),
  finishTime: Type.Optional(MicroTime({ description: "When it ended." })),
  duration: Type.Optional(Type.String({ description: "How long it took." })),
  builtTime: Type.Optional(
    MicroTime({
      description: "When what refs mean was made: the same reference, made anew, is another image.",
    }),
  ),
  run: Type.Optional(Type.Integer({ description: "Number of this build, counted from 1." })),
  inputs: Type.Optional(
    Type.String({
      description: "Digest of all that went into what was built last: the same again is not built.",
    }),
  ),
  images: Type.Optional(
    Type.Record(Type.String(), Type.String(), {
      description: "By Kind/name, the digests of the images that it was built from.",
    }),
  ),
  observedTrigger: Type.Optional(
    Type.String({ description: "The value of the trigger annotation that was last acted on." }),
  ),
  stopped: Type.Optional(
    described(Cause, "It was stopped by hand, and is not built until a newer request or change."),
  ),
  cause: Type.Optional(Cause),
});

/** The columns of both image kinds. */
export const imageColumns = [
  { name: "State", path: ".status.state", type: "string" as const },
  { name: "Ready", path: '.status.conditions[?(@.type=="Ready")].status', type: "string" as const },
  { name: "Ref", path: ".status.refs.local", type: "string" as const },
  { name: "Duration", path: ".status.duration", type: "string" as const },
  { name: "Age", path: ".metadata.creationTimestamp", type: "date" as const },
];

/** Leaves room for the names of what it owns. */
const MAX_NAME = 240;

/** A name of an image as engines and registries take it, a tag and a digest excepted. */
const REPOSITORY =
  /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/i;

interface AnyImage {
  metadata: { name: string };
  spec: { refs: Record<string, string | undefined>; imageRefs?: { kind: string; name: string }[] };
}

/** What the schema cannot say of both image kinds. */
export function validateImage({ metadata, spec }: AnyImage): FieldError[] {
  const tooLong = metadata.name.length > MAX_NAME;
  const message = `Too long: may not be more than ${MAX_NAME} characters`;
  return [
    ...(tooLong ? [{ field: "metadata.name", message, reason: "FieldValueTooLong" as const }] : []),
    ...Object.entries(spec.refs).flatMap(([field, name]) => repositoryErrors(`spec.refs.${field}`, name)),
    ...validateImageRefs(spec.imageRefs, "spec.imageRefs"),
  ];
}

function repositoryErrors(field: string, name: string | undefined): FieldError[] {
  if (name === undefined || (REPOSITORY.test(name) && name === lowerPath(name))) return [];
  const hint = "give a name without tag or digest, such as api or registry.example.com:5000/team/api";
  const message = `Invalid value: ${JSON.stringify(name)}: no name of an image; ${hint}`;
  return [{ field, message, reason: "FieldValueInvalid" }];
}

/** Hosts may have capitals, paths may not. */
function lowerPath(name: string): string {
  const slash = name.indexOf("/");
  return slash < 0 ? name.toLowerCase() : name.slice(0, slash) + name.slice(slash).toLowerCase();
}

/** An error unless exactly one of the fields is given. */
export function exactlyOneOf(spec: object, at: string, fields: string[]): FieldError[] {
  const given = fields.filter((field) => (spec as Record<string, unknown>)[field] !== undefined);
  if (given.length === 1) return [];
  const extra = given.length ? `, not ${given.join(" and ")}` : "";
  return [
    { field: at, message: `give exactly one of ${fields.join(", ")}${extra}`, reason: "FieldValueRequired" },
  ];
}
