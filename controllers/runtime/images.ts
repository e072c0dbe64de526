import type { Kind } from "../../apis/kind.ts";
import type { KubeObject, NamespacedName } from "../../apis/meta.ts";
import { CustomImage, DockerImage, imageVariableOf } from "../../apis/v1alpha1/index.ts";
import { type Client, keyOf, nameOf } from "../../client/index.ts";
import { type KindWatch, watchKind } from "./controller.ts";

export { imageVariableOf };

/** As in `spec.imageRefs` of everything that needs images. */
export interface ImageRef {
  kind: string;
  name: string;
}

/** What an image object has come to, as those who need it get it. */
export interface ImageResult extends ImageRef {
  /** `spec.refs.config`: the name that stands for the image in other configuration. */
  config: string;
  /** Content-addressed reference for this machine. */
  local: string;
  /** Content-addressed reference for the cluster. */
  cluster: string;
  /** The same as long as the image is the same. */
  digest: string;
  /** When it was made, where its reference stays the same when it is made anew. */
  builtTime?: string;
  /** `TILTISH_IMAGE_<NAME>` */
  env: string;
}

export interface ImagesVerdict {
  /** In the order of `spec.imageRefs`; all of them only if nothing is waited for. */
  ready: ImageResult[];
  /** Which image, why, and what to do about it: `waits for DockerImage/api (its build failed: …)`. */
  waiting?: string;
}

type ImageObject = DockerImage | CustomImage;

const KINDS: Record<string, Kind> = { DockerImage, CustomImage };

export const imageRefsOf = (object: KubeObject | undefined): ImageRef[] =>
  (object?.["spec"] as { imageRefs?: ImageRef[] } | undefined)?.imageRefs ?? [];

const refOf = ({ kind, name }: ImageRef): string => `${kind}/${name}`;

/**
 * Looks at the images that an object needs.
 *
 * An image that is being built again is waited for; one whose new build has failed is used as it was before.
 */
export async function evaluateImages(client: Client, object: KubeObject): Promise<ImagesVerdict> {
  const namespace = object.metadata.namespace ?? "";
  const found = await Promise.all(imageRefsOf(object).map((ref) => lookUp(client, namespace, ref)));
  const ready = found.flatMap(({ result }) => (result ? [result] : []));
  const obstacles = found.flatMap(({ obstacle }) => (obstacle === undefined ? [] : [obstacle]));
  return obstacles.length > 0 ? { ready, waiting: `waits for ${obstacles.join(", ")}` } : { ready };
}

interface Found {
  result?: ImageResult;
  obstacle?: string;
}

async function lookUp(client: Client, namespace: string, ref: ImageRef): Promise<Found> {
  const kind = KINDS[ref.kind];
  const object = kind && ((await client.get(kind, { namespace, name: ref.name })) as ImageObject | undefined);
  const why = object ? obstacleOf(ref, object) : "it does not exist; create it, or remove it from imageRefs";
  if (why !== undefined) return { obstacle: `${refOf(ref)} (${why})` };
  return { result: resultOf(ref, object!) };
}

/** Why its result cannot be used, and what helps. */
function obstacleOf({ name }: ImageRef, { metadata, spec, status = {} }: ImageObject): string | undefined {
  const { state, refs, error, message, observedGeneration } = status;
  if (metadata.deletionTimestamp) return "it is being deleted";
  if (spec.disabled) return `it is disabled; tiltish enable ${name}`;
  if (state === "Building" || state === "Pushing")
    return `it is ${state === "Building" ? "built" : "pushed"} now`;
  if (state === "Waiting")
    return message === undefined ? "it is not built yet" : `it ${withoutReasons(message)}`;
  if (observedGeneration !== metadata.generation) return "nobody has looked at its spec yet";
  if (refs?.local !== undefined) return undefined;
  return error === undefined
    ? `it was never built; tiltish trigger ${name}`
    : `it has no result: ${firstLine(error)}`;
}

/** What it waits for is named, not why: two that wait for each other would quote each other for ever. */
const withoutReasons = (message: string): string => firstLine(message).split(" (", 1)[0]!;

const firstLine = (text: string): string => text.split("\n", 1)[0]!;

function resultOf(ref: ImageRef, { spec, status = {} }: ImageObject): ImageResult {
  const { refs: { local = "", cluster = local } = {}, builtTime = "" } = status;
  const { digest = `${local}@${builtTime}` } = status;
  const result = { ...ref, config: spec.refs.config, local, cluster, digest, env: imageVariableOf(ref.name) };
  return CONTENT_ADDRESSED.test(local) ? result : { ...result, builtTime };
}

const CONTENT_ADDRESSED = /:tiltish-[0-9a-f]{16}$/;

/** What a process gets of an image: by its variables one image can be told from another. */
export const variablesOf = ({ env, local, builtTime }: ImageResult): Record<string, string> => ({
  [env]: local,
  ...(builtTime && { [builtVariableOf(env)]: builtTime }),
});

/** Beside the variable of the reference: when that was made. */
export const builtVariableOf = (variable: string): string => `${variable}_BUILT`;

/** Remembers who needs which image, so that a change of one wakes the other. */
export class ImageConsumers {
  readonly #wanted = new Map<string, { name: NamespacedName; refs: Set<string> }>();

  /** Call it in every reconcile. */
  note(object: KubeObject): void {
    const refs = new Set(imageRefsOf(object).map(refOf));
    if (refs.size === 0) this.forget(nameOf(object));
    else this.#wanted.set(keyOf(nameOf(object)), { name: nameOf(object), refs });
  }

  forget(name: NamespacedName): void {
    this.#wanted.delete(keyOf(name));
  }

  /** Those who need this image. */
  of(image: KubeObject): NamespacedName[] {
    const ref = refOf({ kind: image.kind, name: image.metadata.name });
    return [...this.#wanted.values()]
      .filter(({ name, refs }) => name.namespace === (image.metadata.namespace ?? "") && refs.has(ref))
      .map(({ name }) => name);
  }

  /** For the `watches` of a controller. */
  get watches(): KindWatch[] {
    return [DockerImage, CustomImage].map((kind) => watchKind<Kind>(kind, (object) => this.of(object)));
  }
}
