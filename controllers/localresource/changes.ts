import { childNameOf, type FileEvent, FileWatch, type LocalResource } from "../../apis/v1alpha1/index.ts";
import { FILE_WATCH_TIMESTAMP_ANNOTATION } from "../../apis/meta.ts";
import type { Client } from "../../client/index.ts";
import { isLater, triggersOf } from "../runtime/index.ts";

/** File changes that no build has taken in yet. */
export interface PendingChanges {
  count: number;
  files: string[];
  /** The FileWatch with the newest of them, as the cause of what follows. */
  source?: { watch: string; event: FileEvent };
  /** By FileWatch, the time of its newest event: what is observed once a build takes these changes in. */
  newest: Record<string, string>;
}

export const NOTHING_PENDING: PendingChanges = { count: 0, files: [], newest: {} };

const SHOWN_FILES = 20;

/** The FileWatches that a resource listens to: its own, those it names, those its selector matches. */
export async function watchesOf(client: Client, resource: LocalResource): Promise<FileWatch[]> {
  const { namespace = "default", name } = resource.metadata;
  const { watch, restartOn } = resource.spec;
  const [own, triggers, stamping] = await Promise.all([
    watch && client.get(FileWatch, { namespace, name: childNameOf(name, "watch") }),
    triggersOf(client, namespace, restartOn),
    stampingWatches(client, resource),
  ]);
  const all = [...(own ? [own] : []), ...triggers, ...stamping];
  return [...new Map(all.map((each) => [each.metadata.name, each])).values()];
}

/** The FileWatch that has put its time onto the resource, by its own selector. */
async function stampingWatches(client: Client, { metadata }: LocalResource): Promise<FileWatch[]> {
  const stamp = metadata.annotations?.[FILE_WATCH_TIMESTAMP_ANNOTATION];
  if (stamp === undefined) return [];
  const { items } = await client.list(FileWatch, { namespace: metadata.namespace });
  return items.filter(({ spec, status }) => spec.selector && status?.lastEventTimestamp === stamp);
}

/** What has changed since the resource last took changes in. */
export function pendingChanges(resource: LocalResource, watches: readonly FileWatch[]): PendingChanges {
  const observed = resource.status?.observedEvents ?? {};
  const pending: PendingChanges = { count: 0, files: [], newest: {} };
  const seen = new Set<string>();
  for (const { metadata, status } of watches) {
    const events = status?.events ?? [];
    const newest = events.at(-1)?.time;
    if (newest) pending.newest[metadata.name] = newest;
    // What happened before the resource was there is no change to it; its first build takes everything in.
    const since = observed[metadata.name] ?? resource.metadata.creationTimestamp;
    for (const event of events.filter(({ time }) => isLater(time, since))) {
      // One that was saved twice is one that changed.
      pending.count += event.count - event.files.filter((file) => seen.has(file)).length;
      for (const file of event.files) seen.add(file);
      if (isLater(event.time, pending.source?.event.time)) pending.source = { watch: metadata.name, event };
    }
  }
  pending.files = [...seen].slice(0, SHOWN_FILES);
  return pending;
}

/** The same for people. */
export function filesText({ count, files }: { count: number; files: readonly string[] }): string {
  if (count === 1) return `${files[0]} changed`;
  return count <= 2 ? `${files.join(" and ")} changed` : `${files[0]} and ${count - 1} more files changed`;
}
