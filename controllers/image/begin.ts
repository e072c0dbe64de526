import type { NamespacedName } from "../../apis/meta.ts";
import { logDirectoryIn, logDirectoryOf } from "../runtime/index.ts";
import { type Circumstances, type Due, imagesKeyOf, watchedSince } from "./due.ts";
import type { Entry } from "./entry.ts";
import { Job } from "./job.ts";
import { type Case, nameOf } from "./kind.ts";
import { observedTrigger } from "./obey.ts";
import type { Order } from "./work.ts";

interface Beginning {
  due: Due;
  circumstances: Circumstances;
  onChange: () => void;
}

/** Begins an attempt to make an image, which takes in all that there is to see now. */
export async function begin(
  { tools, kind, object, entry }: Case,
  { due, circumstances, onChange }: Beginning,
): Promise<void> {
  const request = nameOf(object);
  const { slots, limitOf, rootOf, stateDirectory } = tools;
  const [root, limit] = await Promise.all([rootOf(request.namespace), limitOf(request.namespace)]);
  const { images } = circumstances;
  const { stopped: _, ...status } = { ...entry.status, ...observedTrigger(object) };
  takeIn(entry, object.metadata.generation, circumstances);
  entry.owed = { cause: due.cause, isForced: due.isForced };
  entry.status = status;
  entry.job = new Job({
    make: kind.make,
    order: { object, ...due, images, root, before: beforeOf(entry), refused: refusedOf(entry, due) },
    run: (status.run ?? 0) + 1,
    logDirectory: logsOf(stateDirectory, request, entry.uid),
    acquire: () => slots.acquire(request, { parallel: true, ...(limit !== undefined && { limit }) }),
    onChange,
  });
}

function takeIn(entry: Entry, generation: number | undefined, seen: Circumstances): void {
  entry.looked = { generation, images: imagesKeyOf(seen.images), watched: watchedSince(seen) };
  entry.seenEvents = newestOf(seen) ?? entry.seenEvents;
  entry.retryAtMs = undefined;
  entry.isInterrupted = false;
  entry.doubt = undefined;
}

/** Where the output of its builds is. */
export const logsOf = (stateDirectory: string, { namespace, name }: NamespacedName, uid: string): string =>
  logDirectoryOf(logDirectoryIn(stateDirectory), { namespace, name, uid });

function newestOf({ ownWatches, otherWatches }: Circumstances): string | undefined {
  const times = [...ownWatches, ...otherWatches].flatMap(({ status }) => status?.lastEventTimestamp ?? []);
  return times.toSorted().at(-1);
}

/** What has been built, if not published, is newer than what the status tells. */
function beforeOf({ made, status: { inputs, digest, tag, refs } }: Entry): Order["before"] {
  if (made) return { ...made, refs: undefined };
  return inputs === undefined || !refs?.local
    ? undefined
    : { inputs, digest, tag, refs: { local: refs.local, cluster: refs.cluster ?? refs.local } };
}

const refusedOf = ({ tried: inputs, failure }: Entry, { isMereLook }: Due): Order["refused"] =>
  isMereLook && inputs !== undefined && failure ? { inputs, failure } : undefined;
