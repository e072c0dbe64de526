import type { Operation, Plan } from "../../../sync/index.ts";
import type { Greeting } from "../transport.ts";

/** What is kept beside the directory of an app, in a form that all ways over ssh read. */
export const FILES = {
  /** Revision, hash of the tree, identity of the container. */
  marker: "marker",
  /** Paths that sets have put there. */
  manifest: "manifest",
  /** What has come and gone since the manifest was written. */
  log: "manifest.log",
  /** A set that an agent has not finished. */
  journal: "journal",
} as const;

export const encodeMarker = ({ revision, treeHash, instanceGuid }: Record<keyof Marker, string>): string =>
  [revision, treeHash, instanceGuid].join("\0");

interface Marker {
  revision: string;
  treeHash: string;
  instanceGuid: string;
}

export function greetingFrom(
  marker: string,
  { instanceGuid, freeBytes }: Pick<Greeting, "instanceGuid" | "freeBytes">,
): Greeting {
  const [revision = "", treeHash = "", committedIn = ""] = marker.split("\0");
  return { instanceGuid, revision, treeHash, committedIn, freeBytes };
}

/** A file as it was put there: as long as size and time are these, so is its content. */
export interface Known {
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly hash: string;
}

/** What sets have put there; of files, how they were then. */
export type Tracked = ReadonlyMap<string, Known | undefined>;

const FIELDS = 5;

export function trackedFrom(manifest: string, log: string): Tracked {
  const paths = manifest.split("\0").filter((path) => path !== "");
  return withLog(new Map(paths.map((path) => [path, undefined])), log);
}

/** What is tracked after what a log says. */
export function withLog(before: Tracked, log: string): Tracked {
  const tracked = new Map(before);
  const fields = log.split("\0");
  for (let at = 0; at + FIELDS <= fields.length; at += FIELDS) {
    const [sign, path, size, mtime, hash] = fields.slice(at, at + FIELDS) as Line;
    if (sign === "-") tracked.delete(path);
    else tracked.set(path, hash === "" ? undefined : { size: Number(size), mtime: Number(mtime), hash });
  }
  return tracked;
}

type Line = [sign: string, path: string, size: string, mtime: string, hash: string];

/** A log that says all of it by itself. */
export const logOf = (tracked: Tracked): string =>
  [...tracked]
    .map(([path, known]) => line("+", path, ...(known ? [known.size, known.mtime, known.hash] : [])))
    .join("");

/** Lines for the log: what a set is about to put there; written before it does. */
export function logOfComing(plan: Plan, tracked: Tracked, mtime: number): string {
  const changed = new Map(plan.operations.map((operation) => [operation.path, operation]));
  let text = "";
  for (const path of plan.tree.keys()) {
    const operation = changed.get(path);
    if (operation?.type === "put") text += line("+", path, operation.entry.size, mtime, operation.entry.hash);
    else if (!tracked.has(path)) text += line("+", path);
  }
  return text;
}

/** Lines for the log: what is not there any more. */
export const logOfGone = (plan: Plan, tracked: Tracked): string =>
  [...tracked.keys()]
    .filter((path) => !plan.tree.has(path))
    .map((path) => line("-", path))
    .join("");

const line = (sign: string, path: string, ...more: readonly (string | number)[]): string =>
  [sign, path, ...more, "", "", ""].slice(0, FIELDS).join("\0") + "\0";

/** The directory that something is in; empty for the root. */
export const directoryOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** @throws Error if a path leads out of the root, whoever has made the plan. */
export function checkPaths(operations: readonly Operation[]): void {
  for (const { path } of operations)
    for (const name of path.split("/"))
      if (["", ".", ".."].includes(name) || name.startsWith(".tiltish-") || name.includes("\0"))
        throw new Error(`bad path: ${JSON.stringify(path)}`);
}
