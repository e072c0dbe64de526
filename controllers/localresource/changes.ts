import type { NamespacedName } from "../../apis/meta.ts";
import { childNameOf, type FileEvent, FileWatch, type LocalResource } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";

/** File changes that no build has taken in yet. */
export interface PendingChanges {
  count: number;
  files: string[];
  /** The FileWatch with the newest of them, as the cause of what follows. */
  source?: { watch: string; event: FileEvent };
  /** By FileWatch, the time of its newest event: what is observed once a build takes these changes in. */
  newest: Record<string, string>;
}

const SHOWN_FILES = 20;

/** The FileWatches that a resource listens to: its own, those it names, those its selector matches. */
export async function watchesOf(client: Client, resource: LocalResource): Promise<FileWatch[]> {
  const { namespace = "default", name } = resource.metadata;
  const { watch, restartOn } = resource.spec;
  const names = [...(watch ? [childNameOf(name, "watch")] : []), ...(restartOn?.fileWatches ?? [])];
  const named = await Promise.all(names.map((each) => client.get(FileWatch, { namespace, name: each })));
  const selected = restartOn?.selector ? await select(client, namespace, restartOn.selector) : [];
  const all = [...named.filter((each) => each !== undefined), ...selected];
  return [...new Map(all.map((each) => [each.metadata.name, each])).values()];
}

/** The resources in its namespace that a change of a FileWatch may concern. */
export const isConcernedBy = (resource: LocalResource, watch: FileWatch): boolean => {
  const { restartOn } = resource.spec;
  const { labels = {}, name } = watch.metadata;
  if (restartOn?.fileWatches?.includes(name)) return true;
  const wanted = Object.entries(restartOn?.selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
};

async function select(
  client: Client,
  namespace: string,
  labels: Record<string, string>,
): Promise<FileWatch[]> {
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  return labelSelector === "" ? [] : (await client.list(FileWatch, { namespace, labelSelector })).items;
}

/** What has changed since the resource last took changes in. Times are compared as text: they are all MicroTime. */
export function pendingChanges(resource: LocalResource, watches: readonly FileWatch[]): PendingChanges {
  const observed = resource.status?.observedEvents ?? {};
  const pending: PendingChanges = { count: 0, files: [], newest: {} };
  for (const { metadata, status } of watches) {
    const events = status?.events ?? [];
    const newest = events.at(-1)?.time;
    if (newest) pending.newest[metadata.name] = newest;
    // What happened before the resource was there is no change to it; its first build takes everything in.
    const since = observed[metadata.name] ?? resource.metadata.creationTimestamp ?? "";
    for (const event of events.filter(({ time }) => time > since)) {
      pending.count += event.count;
      pending.files.push(...event.files);
      if (event.time > (pending.source?.event.time ?? "")) pending.source = { watch: metadata.name, event };
    }
  }
  pending.files = [...new Set(pending.files)].slice(0, SHOWN_FILES);
  return pending;
}

export const requestOf = ({
  metadata,
}: {
  metadata: { namespace?: string; name: string };
}): NamespacedName => ({
  namespace: metadata.namespace ?? "default",
  name: metadata.name,
});
