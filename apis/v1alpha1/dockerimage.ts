import { Type } from "typebox";
import type { FieldError } from "../errors.ts";
import { defineKind, type ObjectOf } from "../kind.ts";
import { Defaulted, Enum, ListMap, ListSet } from "../meta.ts";
import { commonImageSpec, exactlyOneOf, imageColumns, imageStatus, validateImage } from "./common/image.ts";
import { liveUpdateSpec, liveUpdateStatus, validateLiveUpdate } from "./common/liveupdate.ts";

const Secret = Type.Object({
  id: Type.String({ minLength: 1, description: "Name under which the Dockerfile mounts it." }),
  src: Type.Optional(Type.String({ description: "File that holds it." })),
  env: Type.Optional(Type.String({ description: "Environment variable of the server that holds it." })),
});

const spec = Type.Object({
  ...commonImageSpec,
  context: Type.String({
    minLength: 1,
    description: "Directory to build from, relative to the root of the namespace.",
  }),
  dockerfile: Type.Optional(
    Type.String({ minLength: 1, description: "Path of the Dockerfile, below the context." }),
  ),
  dockerfileContents: Type.Optional(Type.String({ minLength: 1, description: "The Dockerfile itself." })),
  args: Type.Optional(Type.Record(Type.String(), Type.String(), { description: "Build arguments." })),
  target: Type.Optional(Type.String({ description: "Stage to build." })),
  platform: Type.Optional(Type.String({ description: "Platform to build for, such as linux/amd64." })),
  secrets: Type.Optional(ListMap(Secret, ["id"], { description: "Secrets that the build may mount." })),
  ssh: Type.Optional(ListSet(Type.String(), { description: "ssh agent sockets that the build may use." })),
  network: Type.Optional(Type.String({ description: "Network of the RUN steps." })),
  pull: Defaulted(Type.Boolean({ description: "Always look for newer base images." }), false),
  cacheFrom: Type.Optional(Type.Array(Type.String(), { description: "Images to take layers from." })),
  extraTags: Type.Optional(ListSet(Type.String(), { description: "More tags for the result." })),
  extraHosts: Type.Optional(
    Type.Array(Type.String(), { description: "More lines for /etc/hosts, as host:address." }),
  ),
  ignores: Type.Optional(
    Type.Array(Type.String(), { description: "Lines as in a .dockerignore, beside that file." }),
  ),
  push: Defaulted(
    Enum(["Auto", "Always", "Never"], { description: "Auto: push when refs names a registry." }),
    "Auto",
  ),
  liveUpdate: liveUpdateSpec,
});

const status = Type.Object({ ...imageStatus.properties, liveUpdate: liveUpdateStatus });

/** An image that Docker builds from a context and a Dockerfile. */
export const DockerImage = defineKind({
  names: { kind: "DockerImage", plural: "dockerimages", short: ["di"] },
  description: "An image that Docker builds from a context and a Dockerfile, again whenever they change.",
  spec,
  status,
  log: true,
  trigger: true,
  validate: (object) => [
    ...validateImage(object),
    ...validateDockerfile(object.spec),
    ...validateLiveUpdate(object.spec.liveUpdate, "spec.liveUpdate"),
  ],
  columns: imageColumns,
});
export type DockerImage = ObjectOf<typeof DockerImage>;

interface Build {
  dockerfile?: string;
  dockerfileContents?: string;
  secrets?: { src?: string; env?: string }[];
}

function validateDockerfile(spec: Build): FieldError[] {
  const { dockerfile, dockerfileContents, secrets = [] } = spec;
  const isGiven = dockerfile !== undefined || dockerfileContents !== undefined;
  return [
    ...(isGiven ? exactlyOneOf(spec, "spec", ["dockerfile", "dockerfileContents"]) : []),
    ...secrets.flatMap((secret, i) => exactlyOneOf(secret, `spec.secrets[${i}]`, ["src", "env"])),
  ];
}
