import { FILE_WATCH_TIMESTAMP_ANNOTATION, type KubeObject, type NamespacedName } from "../../apis/meta.ts";
import { type Cause, type FileEvent, FileWatch } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";
import { newTraceparent } from "./cause.ts";

/** As in the specs of everything that runs: which FileWatches make it run again. */
export interface RestartOn {
  fileWatches?: string[];
  selector?: Record<string, string>;
}

const SHOWN_FILES = 20;

/** Whether a FileWatch of the same namespace is one that `restartOn` speaks of. */
export function isRestartedBy(
  restartOn: RestartOn | undefined,
  { metadata }: Pick<KubeObject, "metadata">,
): boolean {
  if (restartOn?.fileWatches?.includes(metadata.name)) return true;
  const wanted = Object.entries(restartOn?.selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => metadata.labels?.[key] === value);
}

/** The FileWatches that `restartOn` speaks of, as far as they are there. */
export async function triggersOf(
  client: Client,
  namespace: string,
  restartOn: RestartOn | undefined,
): Promise<FileWatch[]> {
  const names = restartOn?.fileWatches ?? [];
  const named = await Promise.all(names.map((name) => client.get(FileWatch, { namespace, name })));
  const found = [
    ...named.filter((watch) => watch !== undefined),
    ...(await select(client, namespace, restartOn)),
  ];
  return [...new Map(found.map((watch) => [watch.metadata.name, watch])).values()];
}

async function select(
  client: Client,
  namespace: string,
  restartOn: RestartOn | undefined,
): Promise<FileWatch[]> {
  const labels = Object.entries(restartOn?.selector ?? {});
  if (labels.length === 0) return [];
  const labelSelector = labels.map(([key, value]) => `${key}=${value}`).join(",");
  return (await client.list(FileWatch, { namespace, labelSelector })).items;
}

/**
 * The cause of a run that these FileWatches ask for, or undefined if none has seen anything since.
 *
 * @param since - Time of the newest event that was acted on, or of the last start: whatever is later.
 */
export function fileChangeSince(watches: readonly FileWatch[], since: string | undefined): Cause | undefined {
  const news = watches.flatMap((watch) =>
    eventsOf(watch)
      .filter(({ time }) => isLater(time, since))
      .map((event) => ({ watch: watch.metadata.name, event })),
  );
  const newest = news.toSorted((a, b) => microsOf(a.event.time) - microsOf(b.event.time)).at(-1);
  if (!newest) return undefined;
  const { watch, event } = newest;
  const files = [...new Set(news.flatMap(({ event }) => event.files))];
  const fileCount = news.reduce((sum, { event }) => sum + event.count, 0);
  return {
    type: "FileChange",
    object: `FileWatch/${watch}`,
    files: files.slice(0, SHOWN_FILES),
    fileCount,
    message: describe(files, fileCount),
    time: event.time,
    traceparent: event.traceparent ?? newTraceparent(),
  };
}

/** The same for what a FileWatch has stamped onto the object by its selector. */
export async function stampSince(
  client: Client,
  { metadata }: Pick<KubeObject, "metadata">,
  since: string | undefined,
): Promise<Cause | undefined> {
  const time = metadata.annotations?.[FILE_WATCH_TIMESTAMP_ANNOTATION];
  if (time === undefined || !isLater(time, since)) return undefined;
  const watches = (await client.list(FileWatch, { namespace: metadata.namespace })).items;
  // The stamp is a time and no more; the FileWatch that has an event of that time knows the rest.
  const source = watches.find((watch) => eventsOf(watch).some((event) => event.time === time));
  const plain: Cause = { type: "FileChange", message: "files changed", time, traceparent: newTraceparent() };
  return (source && fileChangeSince([source], since)) ?? plain;
}

/** Events, oldest first; a FileWatch that only says when is taken at its word. */
function eventsOf({ status }: FileWatch): FileEvent[] {
  if (status?.events?.length) return status.events;
  const time = status?.lastEventTimestamp;
  return time === undefined ? [] : [{ time, count: 0, files: [] }];
}

function describe(files: string[], count: number): string {
  if (files.length === 0) return "files changed";
  return count > 1 ? `${files[0]} and ${count - 1} more changed` : `${files[0]} changed`;
}

/** Whether RFC 3339 time `a` is after `b`, whatever their precision. What is no time is never later. */
export const isLater = (a: string, b: string | undefined): boolean =>
  b === undefined ? !Number.isNaN(microsOf(a)) : microsOf(a) > microsOf(b);

/** Microseconds since 1970. */
export function microsOf(time: string): number {
  const micros = Number((/\.\d{3}(\d{1,3})/.exec(time)?.[1] ?? "").padEnd(3, "0"));
  return Date.parse(time) * 1000 + micros;
}

/** The FileWatches of a request's namespace wake those whom they concern. */
export const namesRestartedBy = (
  watch: FileWatch,
  candidates: Iterable<{ name: NamespacedName; restartOn?: RestartOn }>,
): NamespacedName[] =>
  [...candidates]
    .filter(({ name }) => name.namespace === (watch.metadata.namespace ?? ""))
    .filter(({ restartOn }) => isRestartedBy(restartOn, watch))
    .map(({ name }) => name);
