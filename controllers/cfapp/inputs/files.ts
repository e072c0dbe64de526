import { isAbsolute, relative, resolve, sep } from "node:path";
import { type Cause, type CFAppSync, FileWatch } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { fileChangeSince, isLater } from "../../runtime/index.ts";
import type { Change } from "../engine/inbox.ts";
import { hasOwnWatch, watchNameOf } from "./watch.ts";

/** Names of the FileWatches that an object listens to. */
export const watchNames = (object: CFAppSync): string[] =>
  hasOwnWatch(object) ? [watchNameOf(object.metadata.name)] : (object.spec.trigger.fileWatches ?? []);

/** @param names - Which; by default those over what is synced. */
export async function watchesOf(
  client: Client,
  object: CFAppSync,
  names = watchNames(object),
): Promise<FileWatch[]> {
  const { namespace = "default" } = object.metadata;
  const found = await Promise.all(names.map((name) => client.get(FileWatch, { namespace, name })));
  return found.filter((watch) => watch !== undefined);
}

/** What was seen of each FileWatch; events from before it are no news. */
export class SeenEvents {
  readonly #times = new Map<string, string>();
  readonly #since: string;

  /** @param since - Events from before this are taken in by the first look. */
  constructor(since: string) {
    this.#since = since;
  }

  /** News of these FileWatches, each once. */
  take(watches: readonly FileWatch[], place: Place): { change: Change; cause: Cause } | undefined {
    const fresh = watches.flatMap((watch) => {
      const since = this.#times.get(watch.metadata.name) ?? this.#since;
      const cause = fileChangeSince([watch], since);
      if (!cause) return [];
      this.#times.set(watch.metadata.name, newestOf(watch) ?? cause.time);
      return [{ cause, paths: pathsOf(watch, since, place) }];
    });
    if (fresh.length === 0) return undefined;
    const { cause } = fresh.reduce((a, b) => (isLater(b.cause.time, a.cause.time) ? b : a));
    const isAllKnown = fresh.every(({ paths }) => paths !== undefined);
    const paths = isAllKnown ? fresh.flatMap((each) => each.paths ?? []) : undefined;
    return { change: { paths, cause }, cause };
  }
}

export interface Place {
  /** Root of the namespace. */
  readonly home: string;
  /** Directory that is kept in step. */
  readonly root: string;
}

const newestOf = ({ status }: FileWatch): string | undefined => status?.events?.at(-1)?.time;

/** Paths that have changed, relative to the root; undefined if they are not all known. */
function pathsOf({ spec, status }: FileWatch, since: string, { home, root }: Place): string[] | undefined {
  const events = (status?.events ?? []).filter(({ time }) => isLater(time, since));
  if (events.length === 0 || events.some(({ count, files }) => count > files.length)) return undefined;
  const base = resolve(home, spec.root ?? ".");
  const paths = new Set(
    events.flatMap(({ files }) => files).map((file) => relative(root, resolve(base, file))),
  );
  return [...paths].filter((path) => !isOutside(path)).map((path) => path.split(sep).join("/"));
}

const isOutside = (path: string): boolean => path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path);
