import * as fc from "fast-check";
import {
  type DeletePolicy,
  type Entry,
  type Operation,
  type Sides,
  type Tree,
} from "../../../controllers/sync/index.ts";

/** Few names, so that trees meet in every way there is. */
const name = fc.constantFrom("a", "b", "c", "A");
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
const file: fc.Arbitrary<Entry> = fc.record({
  type: fc.constant("file" as const),
  size: fc.constantFrom(0, 1, 5),
  mode: fc.constantFrom(0o644, 0o755),
  hash: fc.constantFrom("h1", "h2", "h3"),
});
const link: fc.Arbitrary<Entry> = fc.record({
  type: fc.constant("link" as const),
  target: fc.constantFrom("a", "b/c"),
});
const entry = fc.oneof(
  { weight: 4, arbitrary: file },
  { weight: 1, arbitrary: link },
  { weight: 2, arbitrary: fc.constant<Entry>({ type: "directory" }) },
);

const DIRECTORY: Entry = { type: "directory" };

/** Any tree of a few paths; what would be below a file is not there. */
export const trees: fc.Arbitrary<Tree> = fc
  .array(fc.tuple(path, entry), { maxLength: 8 })
  .map((entries) => treeOf(Object.fromEntries(entries)));

export function treeOf(entries: Readonly<Record<string, Entry>>): Tree {
  const tree = new Map<string, Entry>();
  for (const [path, entry] of Object.entries(entries)) {
    const parents = parentsOf(path);
    const isTaken =
      tree.has(path) || parents.some((parent) => (tree.get(parent) ?? DIRECTORY).type !== "directory");
    if (isTaken) continue;
    for (const parent of parents) if (!tree.has(parent)) tree.set(parent, DIRECTORY);
    tree.set(path, entry);
  }
  return tree;
}

export const sides = (deletePolicy: fc.Arbitrary<DeletePolicy>): fc.Arbitrary<Sides> =>
  fc
    .tuple(trees, trees, fc.infiniteStream(fc.boolean()), deletePolicy)
    .map(([local, remote, isTracked, deletePolicy]) => ({
      local,
      remote,
      tracked: new Set([...remote.keys()].filter(() => isTracked.next().value)),
      deletePolicy,
    }));

const parentsOf = (path: string): string[] =>
  path
    .split("/")
    .slice(0, -1)
    .map((_, i, names) => names.slice(0, i + 1).join("/"));

const childrenOf = (tree: Tree, path: string): string[] =>
  [...tree.keys()].filter((other) => other.startsWith(`${path}/`));

/** Does what a file system does, and refuses what it refuses. */
export function applied(before: Tree, operations: readonly Operation[]): Tree {
  const tree = new Map(before);
  const present = (at: string) => tree.get(at)?.type;
  const refuse = (operation: Operation, why: string): never => {
    throw new Error(`${JSON.stringify(operation)}: ${why}`);
  };
  for (const operation of operations) {
    const { type, path: at } = operation;
    for (const parent of parentsOf(at))
      if (present(parent) !== "directory") refuse(operation, `${parent} is no directory`);
    if (type === "makeDirectory") {
      if (present(at)) refuse(operation, "exists");
      tree.set(at, { type: "directory" });
    } else if (type === "removeDirectory") {
      if (present(at) !== "directory") refuse(operation, "no directory");
      if (childrenOf(tree, at).length === 0) tree.delete(at);
    } else if (type === "remove") {
      if (!present(at) || present(at) === "directory") refuse(operation, "nothing to remove");
      tree.delete(at);
    } else if (present(at) === "directory") refuse(operation, "a directory is in the way");
    else if (type === "chmod")
      tree.set(at, { ...(tree.get(at) as Entry & { type: "file" }), mode: operation.mode });
    else if (type === "link") tree.set(at, { type: "link", target: operation.target });
    else {
      const source = operation.from === undefined ? undefined : before.get(operation.from);
      if (operation.from !== undefined && (source?.type !== "file" || source.hash !== operation.entry.hash))
        refuse(operation, "its source has another content");
      tree.set(at, operation.entry);
    }
  }
  return tree;
}
