import { isAbsolute, relative, resolve } from "node:path";
import {
  type Entry,
  LocalTree,
  type Plan,
  planOf,
  type Refusal,
  type Rejected,
  type Tree,
} from "../../controllers/sync/index.ts";
import { failure, usageError } from "../cli/errors.ts";
import type { Options } from "../cli/options.ts";

/** What is here, of what is to be there. */
export interface Local {
  readonly root: string;
  readonly tree: Tree;
  readonly rejected: readonly Rejected[];
  /** Whether what is not here is deleted there. */
  readonly isDeleting: boolean;
}

const LIMITS = { maxFiles: 50_000, maxSet: 500 * 1024 * 1024 };
const MAX_FILE = 200 * 1024 * 1024;

/** Looks at the directory, or at the files in it that were named. @throws CliError */
export async function localIn(options: Options): Promise<Local> {
  const root = resolve(options.text("path") ?? ".");
  const files = options.all("filename");
  if (files.length > 0 && options.flag("delete"))
    throw usageError("--delete needs the whole directory; leave out -f");
  const scan = new LocalTree({
    root,
    ignores: [],
    useCFIgnore: true,
    maxFile: MAX_FILE,
    caseInsensitive: false,
    // Who names files may take them out of more.
    ...(files.length === 0 && { maxFiles: LIMITS.maxFiles }),
  });
  const { tree, rejected, unsettled } = await scan.scan().catch((error: Error) => {
    throw failure(`${root}: ${error.message}`);
  });
  if (unsettled[0]) throw failure(`${unsettled[0]} changes while it is read; try again when it is done`);
  const names = files.map((file) => nameBelow(root, file));
  return { root, tree: chosen(tree, names), rejected, isDeleting: options.flag("delete") };
}

function nameBelow(root: string, file: string): string {
  const name = relative(root, resolve(file));
  if (name.split("/")[0] === ".." || isAbsolute(name)) throw usageError(`-f ${file}: it is not in ${root}`);
  return name;
}

/** Those named, what is in them, and the directories that they are in; all if none is named. */
function chosen(tree: Tree, names: readonly string[]): Tree {
  if (names.length === 0 || names.includes("")) return tree;
  for (const name of names)
    if (!tree.has(name)) throw usageError(`-f ${name}: there is no such file here, or it is ignored`);
  const isChosen = (path: string) =>
    names.some((name) => path === name || path.startsWith(`${name}/`) || name.startsWith(`${path}/`));
  return new Map([...tree].filter(([path]) => isChosen(path)));
}

/** What is to be done there. What came there earlier and is not here stays, unless it is to be deleted. */
export function planFor(
  { tree, isDeleting }: Local,
  there: { readonly tree: Tree; readonly tracked: ReadonlySet<string> },
): Plan {
  const local = isDeleting ? tree : withKept(tree, there);
  const plan = planOf(
    { local, remote: there.tree, tracked: there.tracked, deletePolicy: isDeleting ? "Tracked" : "Never" },
    LIMITS,
  );
  if ("reason" in plan) throw failure(REFUSALS[plan.reason] ?? plan.message);
  return plan;
}

/** In words of this command: it has no spec. */
const REFUSALS: Readonly<Partial<Record<Refusal["reason"], string>>> = {
  TooManyFiles: `there are more than ${LIMITS.maxFiles} files; push another directory (--path), add lines to .cfignore, or name files with -f`,
  SetTooLarge: `there are more than ${LIMITS.maxSet} bytes to send; add lines to .cfignore, or name files with -f`,
};

function withKept(
  tree: Tree,
  there: { readonly tree: Tree; readonly tracked: ReadonlySet<string> },
): Map<string, Entry> {
  const kept = new Map(tree);
  for (const path of there.tracked) {
    const entry = there.tree.get(path);
    if (entry && !kept.has(path) && !isInTheWay(path, tree)) kept.set(path, entry);
  }
  return kept;
}

/** Something here is no directory any more. */
function isInTheWay(path: string, tree: Tree): boolean {
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
    const parent = tree.get(path.slice(0, at));
    if (parent) return parent.type !== "directory";
  }
  return false;
}
