import { FileWatch } from "../../apis/v1alpha1/index.ts";
import {
  evaluateDependencies,
  evaluateImages,
  type ImagesVerdict,
  triggersOf,
  type Verdict,
} from "../runtime/index.ts";
import type { Circumstances } from "./due.ts";
import type { Case } from "./kind.ts";

/** All that there is to see of an image, and of whom it needs. */
export interface Situation {
  circumstances: Circumstances;
  images: ImagesVerdict;
  dependencies: Verdict;
}

export async function look({ tools: { client }, kind, object, entry }: Case): Promise<Situation> {
  const { namespace = "", name } = object.metadata;
  const ownName = kind.watchName?.(name);
  const [dependencies, images, otherWatches, own] = await Promise.all([
    evaluateDependencies(client, object, entry.status.startTime),
    evaluateImages(client, object),
    triggersOf(client, namespace, object.spec.restartOn),
    ownName === undefined ? undefined : client.get(FileWatch, { namespace, name: ownName }),
  ]);
  const circumstances = {
    entry,
    ownWatches: own ? [own] : [],
    otherWatches,
    images: images.ready,
    dependencies,
    needsBuild: kind.observe?.(entry.uid).needsBuild,
    nowMs: Date.now(),
  };
  return { circumstances, images, dependencies };
}
