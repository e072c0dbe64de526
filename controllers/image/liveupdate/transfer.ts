import { join } from "node:path";
import type { Readable } from "node:stream";
import { diff, type Entry, type Operation, type Tree } from "../../sync/index.ts";
import { archiveOf, type Item } from "../archive.ts";
import type { Containers, ExecResult } from "./containers.ts";
import { Places, type Rules } from "./rules.ts";

/** What a container is to have. */
export interface Wanted {
  /** Absolute path of the context here. */
  readonly root: string;
  readonly context: Tree;
  readonly rules: Rules;
}

/** A command in the container refused to do what a sync needs. */
export class TransferError extends Error {
  override readonly name = "TransferError";
}

/** Paths that one command takes; the system limits the length of its arguments. */
const PATHS_AT_ONCE = 500;
const NO_PROGRAM = [126, 127];

/**
 * What has to be done in a container so that it has what is wanted.
 *
 * @param has - What was synced into it, or built into its image.
 */
export function stepsTo({ context, rules }: Wanted, has: Tree): readonly Operation[] {
  const places = new Places(rules);
  const [local, remote] = [places.treeOf(context), places.treeOf(has)];
  const tracked = new Set(remote.keys());
  return diff({ local, remote, tracked, deletePolicy: "Tracked" }).operations;
}

/**
 * Deletes, then unpacks one archive.
 *
 * @throws TransferError with the container's own words, UnsettledError, or what the engine says.
 */
export async function transfer(
  containers: Containers,
  id: string,
  { steps, wanted }: { steps: readonly Operation[]; wanted: Wanted },
): Promise<void> {
  const gone = steps.filter(({ type }) => type === "remove").map(({ path }) => path);
  const directories = steps.filter(({ type }) => type === "removeDirectory").map(({ path }) => path);
  for (const paths of inParts(gone)) await must(containers, id, ["rm", "-f", "--", ...paths.map(absolute)]);
  // What else is in them was not put there by us, and stays.
  for (const paths of inParts(directories)) await containers.run(id, ["rmdir", "--", ...paths.map(absolute)]);
  const items = itemsOf(steps, wanted);
  if (items.length > 0) await unpack(containers, id, items);
}

const UNTAR = ["tar", "-x", "-o", "-p", "-f", "-", "-C", "/"];

const absolute = (path: string): string => `/${path}`;

function itemsOf(steps: readonly Operation[], { root, context, rules }: Wanted): Item[] {
  const written = new Set(
    steps.filter(({ type }) => type !== "remove" && type !== "removeDirectory").map(({ path }) => path),
  );
  const places = new Places(rules);
  return [...context].flatMap(([path, entry]) =>
    places
      .of(path)
      .filter((place) => written.has(place))
      .map((place) => itemOf(place, entry, join(root, path))),
  );
}

/** The time is now, so that what watches in the container, or compares with what it has made, sees a change. */
function itemOf(name: string, entry: Entry, source: string): Item {
  const mtime = new Date();
  if (entry.type === "link") return { header: { name, type: "symlink", linkname: entry.target, mtime } };
  if (entry.type === "directory") return { header: { name, type: "directory", mode: 0o755, mtime } };
  return { header: { name, mode: entry.mode, mtime }, content: { ...entry, source } };
}

/** With the container's own tar, as its own user; where it has none, the engine unpacks. */
async function unpack(containers: Containers, id: string, items: readonly Item[]): Promise<void> {
  const result = await withArchive(items, (archive) => containers.run(id, UNTAR, archive));
  if (NO_PROGRAM.includes(result.exitCode))
    await withArchive(items, (archive) => containers.unpack(id, archive));
  else check(["tar"], result);
}

/** What nobody reads to its end holds a file open. */
async function withArchive<T>(items: readonly Item[], use: (archive: Readable) => Promise<T>): Promise<T> {
  const archive = archiveOf(items);
  try {
    return await use(archive);
  } finally {
    archive.destroy();
  }
}

async function must(containers: Containers, id: string, command: readonly string[]): Promise<void> {
  check(command, await containers.run(id, command));
}

function check([program]: readonly string[], { exitCode, output }: ExecResult): void {
  if (exitCode === 0) return;
  if (NO_PROGRAM.includes(exitCode))
    throw new TransferError(`the container has no ${program}, which a deleted file needs`);
  throw new TransferError(`${program} in the container failed with exit code ${exitCode}: ${output}`);
}

function* inParts(paths: readonly string[]): Generator<readonly string[], void, void> {
  for (let at = 0; at < paths.length; at += PATHS_AT_ONCE) yield paths.slice(at, at + PATHS_AT_ONCE);
}
