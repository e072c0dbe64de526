import { isReason } from "../../apis/errors.ts";
import type { ScalePaths } from "../../apis/kind.ts";
import type { KubeObject } from "../../apis/meta.ts";
import type { PatchType } from "../../apis/transport.ts";
import { patchDecoder, type Offer } from "../codec/index.ts";
import {
  askedOf,
  replicasConfiguration,
  replicasPatch,
  scaleOf,
  wantedReplicas,
  withoutReplicas,
} from "../customresources/index.ts";
import type { ResourceContext } from "../http/context.ts";
import { unknownPath } from "../http/errors.ts";
import { newestOf, patchOf, type RequestOptions, type Written } from "../registry/index.ts";
import { decodeBody, decodeObject } from "./body.ts";
import { targetOf } from "./get.ts";
import { writeOptionsOf } from "./options.ts";
import { patchOptionsOf } from "./patch.ts";
import { representationOf, sendValue, warn } from "./respond.ts";

const OFFER: Offer = { formats: ["json", "yaml"], transforms: [] };

/** `GET …/{plural}/{name}/scale`: how many there should be, and how many there are. */
export async function getScaleRoute(context: ResourceContext): Promise<void> {
  const representation = representationOf(context, OFFER);
  const { object } = context.registry.get(targetOf(context));
  const paths = pathsOf(context);
  if (wantedReplicas(paths, object) === undefined)
    throw withoutReplicas(context.kind, paths, context.resource.name);
  await sendValue(context, scaleOf(paths, object), representation);
}

/** `PUT …/{plural}/{name}/scale`. */
export async function updateScaleRoute(asked: ResourceContext): Promise<void> {
  const representation = representationOf(asked, OFFER);
  const { value, duplicateFields } = await decodeObject(asked);
  const context = ofNow(asked);
  const options = writeOptionsOf(context, duplicateFields);
  const { object } = context.registry.get(targetOf(context));
  const written = await write(context, { object, body: value }, options);
  warn(context, written.warnings);
  await sendValue(context, scaleOf(pathsOf(context), written.object), representation);
}

/** `PATCH …/{plural}/{name}/scale`: of the Scale, not of the object. */
export async function patchScaleRoute(asked: ResourceContext): Promise<void> {
  const representation = representationOf(asked, OFFER);
  const { type, decode } = patchDecoder(asked.request.headers["content-type"], false);
  const { value, duplicateFields } = await decodeBody(asked, decode);
  const context = ofNow(asked);
  const options = patchOptionsOf(context, type, duplicateFields);
  const written = await (type === "apply"
    ? apply(context, value, options)
    : patched(context, { type, body: value }, options));
  warn(context, written.warnings);
  await sendValue(context, scaleOf(pathsOf(context), written.object), representation);
}

/** The definition may say something else of the paths since the request came. */
function ofNow(context: ResourceContext): ResourceContext {
  const kind = newestOf(context.registry.kinds, context.kind);
  if (!kind.subresources.scale) throw unknownPath();
  return { ...context, kind };
}

const pathsOf = ({ kind }: ResourceContext): ScalePaths => kind.subresources.scale!;

interface Wish {
  /** The object as it was read. */
  object: KubeObject;
  /** The Scale that is asked for. */
  body: unknown;
}

function write(context: ResourceContext, { object, body }: Wish, options: RequestOptions): Promise<Written> {
  const { registry, kind } = context;
  const { replicas, resourceVersion } = askedOf(body, object, kind);
  const patch = {
    ...replicasPatch(pathsOf(context), replicas),
    ...(resourceVersion !== undefined && { metadata: { resourceVersion } }),
  };
  return registry.patch(targetOf(context), { type: "merge", body: patch }, options);
}

const TRIES = 10;

/** A patch that names no resourceVersion is made to the newest state, as often as that changes (rule 63). */
async function patched(
  context: ResourceContext,
  request: { type: PatchType; body: unknown },
  options: RequestOptions,
): Promise<Written> {
  const change = patchOf(context.kind, request);
  for (let tries = 1; ; tries++) {
    const { object } = context.registry.get(targetOf(context));
    const body = change(scaleOf(pathsOf(context), object)) as Partial<KubeObject>;
    const isOfNewest = body?.metadata?.resourceVersion === object.metadata.resourceVersion;
    try {
      return await write(context, { object, body }, options);
    } catch (error) {
      if (!isOfNewest || tries >= TRIES || !isReason(error, "Conflict")) throw error;
    }
  }
}

function apply(context: ResourceContext, body: unknown, options: RequestOptions): Promise<Written> {
  const { registry, kind, resource } = context;
  const target = targetOf(context);
  const asked = askedOf(body, registry.get(target).object, kind);
  const configuration = replicasConfiguration(kind, pathsOf(context), { name: resource.name, asked });
  return registry.patch(target, { type: "apply", body: configuration }, options);
}
