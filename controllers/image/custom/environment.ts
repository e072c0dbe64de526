import type { CustomImage } from "../../../apis/v1alpha1/index.ts";
import { type ImageResult, variablesOf } from "../../runtime/index.ts";
import { registryOf } from "../engine/credentials.ts";
import { localNameOf } from "../publish.ts";

type Spec = CustomImage["spec"];

/** How tags begin that an image has until it has the one of its digest. No other object has such tags. */
export const provisionalTagOf = ({ uid = "" }: CustomImage["metadata"]): string =>
  `tiltish-build-${uid.slice(0, 8)}-`;

/** The reference under which the command is to make the image. */
export const expectedRefOf = ({ spec: { refs, tag }, metadata }: CustomImage, startMs: number): string =>
  `${localNameOf(refs)}:${tag ?? `${provisionalTagOf(metadata)}${startMs}`}`;

/**
 * The environment of the command: what it is to make, the images that it may build on, and what its template says,
 * which gives way only where tiltish would not find the image otherwise.
 */
export function environmentOf(
  spec: Spec,
  expectedRef: string,
  images: readonly ImageResult[],
): Record<string, string> {
  const colon = expectedRef.lastIndexOf(":");
  const [name, tag] = [expectedRef.slice(0, colon), expectedRef.slice(colon + 1)];
  const registry = name.startsWith(`${registryOf(name)}/`) ? registryOf(name) : "";
  const image = registry === "" ? name : name.slice(registry.length + 1);
  return {
    IMAGE: image,
    TAG: tag,
    REGISTRY: registry,
    ...basesOf(images),
    ...spec.commandTemplate.env,
    EXPECTED_REF: expectedRef,
    EXPECTED_IMAGE: image,
    EXPECTED_TAG: tag,
    EXPECTED_REGISTRY: registry,
    REGISTRY_HOST: registry,
  };
}

/** By number, in the order of imageRefs, and by name. */
const basesOf = (images: readonly ImageResult[]): Record<string, string> =>
  Object.fromEntries([
    ...images.map(({ local }, i) => [`TILTISH_IMAGE_${i}`, local]),
    ...images.flatMap((image) => Object.entries(variablesOf(image))),
  ]);
