import { isDeepStrictEqual } from "node:util";
import { isReason } from "../apis/errors.ts";
import type { KubeObject } from "../apis/meta.ts";
import { compact } from "./compact.ts";
import type { ObjectRef, Transport, WriteOptions } from "../apis/transport.ts";

export interface ApplyOptions extends WriteOptions {
  /** How often to begin again when somebody else writes at the same moment. */
  attempts?: number;
}

export interface Applied<T> {
  object: T;
  result: "created" | "configured" | "unchanged";
}

/** Annotations that others put on an object while it lives; an apply that does not name them leaves them alone. */
const KEPT_ANNOTATIONS = "tiltish.dev/";

/** Creates the object, or makes the present one like it; metadata and status that it does not own stay. */
export async function applyObject(
  { transport, ref }: { transport: Transport; ref: ObjectRef },
  wanted: KubeObject,
  { attempts = 5, ...options }: ApplyOptions,
): Promise<Applied<KubeObject>> {
  for (let attempt = 1; ; attempt++) {
    try {
      const present = await find(transport, ref);
      if (!present) return { object: await transport.create(ref, wanted, options), result: "created" };
      const object = await transport.update(ref, merge(present, wanted), options);
      // Not by the resourceVersion: a dry run does not give a new one.
      return { object, result: isDeepStrictEqual(object, present) ? "unchanged" : "configured" };
    } catch (error) {
      const isRace =
        isReason(error, "Conflict") || isReason(error, "AlreadyExists") || isReason(error, "NotFound");
      if (!isRace || attempt === attempts) throw error;
    }
  }
}

async function find(transport: Transport, ref: ObjectRef): Promise<KubeObject | undefined> {
  try {
    return await transport.get(ref);
  } catch (error) {
    if (isReason(error, "NotFound")) return undefined;
    throw error;
  }
}

/** All but metadata and status as wanted; what is not in `wanted` goes. */
function merge(present: KubeObject, wanted: KubeObject): KubeObject {
  const {
    labels,
    annotations,
    ownerReferences = present.metadata.ownerReferences,
    finalizers = present.metadata.finalizers,
  } = wanted.metadata;
  const kept = Object.entries(present.metadata.annotations ?? {}).filter(([key]) =>
    key.startsWith(KEPT_ANNOTATIONS),
  );
  const allAnnotations = { ...Object.fromEntries(kept), ...annotations };
  const metadata = {
    ...present.metadata,
    labels,
    annotations: Object.keys(allAnnotations).length ? allAnnotations : undefined,
    ownerReferences,
    finalizers,
  };
  return compact({ ...wanted, metadata, status: present.status });
}
