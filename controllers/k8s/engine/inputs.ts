import type { KubeObject } from "../../../apis/meta.ts";
import type { Target } from "../target/index.ts";
import {
  type BuiltImage,
  hashOf,
  injectImages,
  inOrder,
  mark,
  parseManifests,
  readSources,
  templateHashes,
} from "../manifests/index.ts";
import { Problem } from "../problem.ts";
import type { Order } from "./order.ts";

/** What is to be in the cluster. */
export interface Inputs {
  /** As they are to be applied, in this order. */
  readonly objects: readonly KubeObject[];
  readonly hash: string;
  readonly templates: readonly string[];
}

/**
 * Reads what a spec says, and puts in what is built.
 *
 * @throws Problem
 */
export async function inputsOf({ spec, home, name, images }: Order, target: Target): Promise<Inputs> {
  const sources =
    spec.yaml === undefined
      ? await readSources(spec.files ?? [], home)
      : [{ name: "spec.yaml", text: spec.yaml }];
  const objects = parseManifests(sources).map(({ object }) => structuredClone(object));
  if (objects.length === 0) throw nothingIn(spec.yaml === undefined ? "spec.files" : "spec.yaml");
  return finished(objects, { images, name, target });
}

/** A file that is just being written is empty for a moment: nobody means that all is to be deleted. */
export const nothingIn = (source: string): Problem =>
  new Problem(
    "NothingToApply",
    `there is no object in what ${source} gives, and what was applied stays; to have it deleted, disable or delete this K8sResource`,
  );

interface Finish {
  images: readonly BuiltImage[];
  name: string;
  target: Target;
}

function finished(objects: KubeObject[], { images, name, target }: Finish): Inputs {
  injectImages(objects, images);
  for (const object of objects) mark(object, name);
  const { server, namespace } = target;
  return {
    objects: inOrder(objects),
    hash: hashOf({ server, namespace, objects }),
    templates: templateHashes(objects),
  };
}
