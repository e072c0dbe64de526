import type { KubeObject } from "../../../apis/meta.ts";
import type { Target } from "../target/index.ts";
import {
  type BuiltImage,
  hashOf,
  injectImages,
  inOrder,
  makesPods,
  mark,
  type Owner,
  parseManifests,
  readSources,
  templateHashes,
} from "../manifests/index.ts";
import { Problem } from "../problem.ts";
import type { Order } from "./order.ts";
import { keyOfRef, refOf } from "./refs.ts";

/** What is expected to come of what is applied. */
export interface Expectation {
  readonly hash: string;
  readonly templates: readonly string[];
  /** Of which a pod must come, as {@link makersIn} names them. */
  readonly makers: readonly string[];
}

/** What is to be in the cluster. */
export interface Inputs extends Expectation {
  /** As they are to be applied, in this order. */
  readonly objects: readonly KubeObject[];
}

/** Those of which a pod must come; wherever they are. */
export const makersIn = (objects: readonly KubeObject[]): string[] =>
  objects.filter(makesPods).map((object) => keyOfRef({ ...refOf(object), namespace: "" }));

/**
 * Reads what a spec says, and puts in what is built.
 *
 * @throws Problem
 */
export async function inputsOf({ spec, home, owner, images }: Order, target: Target): Promise<Inputs> {
  const sources =
    spec.yaml === undefined
      ? await readSources(spec.files ?? [], home)
      : [{ name: "spec.yaml", text: spec.yaml }];
  const objects = parseManifests(sources, target.namespace).map(({ object }) => structuredClone(object));
  if (objects.length === 0) throw nothingIn(spec.yaml === undefined ? "spec.files" : "spec.yaml");
  return finished(objects, { images, owner, target });
}

/** A file that is just being written is empty for a moment: nobody means that all is to be deleted. */
export const nothingIn = (source: string, options: { isFinal?: boolean } = {}): Problem =>
  new Problem(
    "NothingToApply",
    `there is no object in what ${source} gives, and what was applied stays; to have it deleted, disable or delete this K8sResource`,
    options,
  );

interface Finish {
  images: readonly BuiltImage[];
  owner: Owner;
  target: Target;
}

function finished(objects: KubeObject[], { images, owner, target }: Finish): Inputs {
  injectImages(objects, images);
  for (const object of objects) mark(object, owner);
  const { server, namespace } = target;
  return {
    objects: inOrder(objects),
    hash: hashOf({ server, namespace, objects }),
    templates: templateHashes(objects),
    makers: makersIn(objects),
  };
}
