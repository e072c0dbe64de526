import type { KubeObject } from "../../../apis/meta.ts";
import { Problem } from "../problem.ts";
import { containersOf, podTemplatesIn } from "./templates.ts";

/** An image that was built, and what stands for it in YAML. */
export interface BuiltImage {
  /** `Kind/name` of its object. */
  readonly object: string;
  /** By which YAML refers to it. */
  readonly config: string;
  /** Content-addressed, as the cluster pulls it. */
  readonly cluster: string;
  /** Name of the variable in which commands get it. */
  readonly env: string;
}

/**
 * Puts built images in the place of their names.
 *
 * @throws Problem if one of them is nowhere: then what is built would not be what runs.
 */
export function injectImages(objects: readonly KubeObject[], images: readonly BuiltImage[]): void {
  const containers = objects.flatMap(podTemplatesIn).flatMap(containersOf);
  for (const image of images) {
    const uses = containers.filter(
      (container) => repositoryOf(container.image ?? "") === repositoryOf(image.config),
    );
    if (uses.length === 0)
      throw notUsed(
        image,
        containers.map(({ image: used = "" }) => used),
      );
    for (const container of uses) {
      container.image = image.cluster;
      container.imagePullPolicy = "IfNotPresent";
    }
  }
}

/** `web:1.2`, `docker.io/library/web@sha256:…` and `web` are of one repository. */
export function repositoryOf(image: string): string {
  const name = image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
  return name.replace(/^(index\.)?docker\.io\//, "").replace(/^library\//, "");
}

function notUsed({ object, config }: BuiltImage, used: readonly string[]): Problem {
  const names = [...new Set(used)].slice(0, 10).join(", ");
  return new Problem(
    "ImageNotUsed",
    `no container runs ${config}, the image of ${object}; ` +
      (names ? `there are ${names}` : "there are no containers") +
      ": correct refs.config or the YAML, or take it out of spec.imageRefs",
  );
}
