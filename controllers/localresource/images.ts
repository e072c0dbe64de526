import type { Condition } from "../../apis/meta.ts";
import {
  type Cause,
  imageVariableOf,
  type LocalProcess,
  type LocalProcessSpec,
  type LocalResource,
} from "../../apis/v1alpha1/index.ts";
import {
  builtVariableOf,
  type ImageResult,
  type ImagesVerdict,
  newTraceparent,
  nowMicro,
  variablesOf,
} from "../runtime/index.ts";

export interface Present {
  build: LocalProcess | undefined;
  serve: LocalProcess | undefined;
}

type Variables = Record<string, string>;

/**
 * The resource with the references of its images in the environment of its templates.
 *
 * An image that is not there yet, or not to be taken yet, leaves the processes the reference that they have.
 */
export function withImages(
  resource: LocalResource,
  images: ImagesVerdict,
  { present, isToKeep }: { present: Present; isToKeep: boolean },
): LocalResource {
  const { imageRefs = [], buildTemplate, serveTemplate } = resource.spec;
  if (imageRefs.length === 0) return resource;
  const fresh = new Map(images.ready.map((image) => [image.env, variablesOf(image)]));
  const had = variablesIn(present);
  const entries = imageRefs.flatMap(({ name }) => {
    const variable = imageVariableOf(name);
    const before = Object.entries(had).filter(([key]) => isOf(variable, key));
    const now = Object.entries(fresh.get(variable) ?? {});
    return (isToKeep && before.length > 0) || now.length === 0 ? before : now;
  });
  const variables = Object.fromEntries(entries);
  const spec = {
    ...resource.spec,
    ...(buildTemplate && { buildTemplate: withEnv(buildTemplate, variables) }),
    ...(serveTemplate && { serveTemplate: withEnv(serveTemplate, variables) }),
  };
  return { ...resource, spec };
}

const withEnv = (template: LocalProcessSpec, variables: Variables): LocalProcessSpec => ({
  ...template,
  env: { ...variables, ...template.env },
});

/** The build comes first: the server gets what the build has got. */
const variablesIn = ({ build, serve }: Present): Variables => ({ ...serve?.spec.env, ...build?.spec.env });

const isOf = (variable: string, key: string): boolean =>
  key === variable || key === builtVariableOf(variable);

/** Why it is to run again: an image is another one than its processes have. */
export function imageCauseOf(
  { spec }: LocalResource,
  { ready }: ImagesVerdict,
  present: Present,
): Cause | undefined {
  const { buildTemplate, serveTemplate } = spec;
  const isBuilding = buildTemplate && !buildTemplate.disabled;
  const [process, template] = isBuilding ? [present.build, buildTemplate] : [present.serve, serveTemplate];
  const { env } = process?.spec ?? {};
  // What the template says itself is no matter of images.
  const isIts = (key: string): boolean => template?.env !== undefined && Object.hasOwn(template.env, key);
  const isOther = (image: ImageResult): boolean =>
    Object.entries(variablesOf(image)).some(([key, value]) => !isIts(key) && env?.[key] !== value);
  const changed = process && ready.find(isOther);
  if (!changed) return undefined;
  const object = `${changed.kind}/${changed.name}`;
  return {
    type: "Dependency",
    object,
    message: `${object} was built anew`,
    time: nowMicro(),
    traceparent: newTraceparent(),
  };
}

/** Whether the images of a resource are there, for the condition ImagesReady. */
export function imagesOpinion(
  { spec }: LocalResource,
  { waiting }: ImagesVerdict,
): Pick<Condition, "status" | "reason" | "message"> | undefined {
  if (!spec.imageRefs?.length) return undefined;
  return waiting === undefined
    ? { status: "True", reason: "ImagesReady", message: "all images are there" }
    : { status: "False", reason: "Waiting", message: waiting };
}
