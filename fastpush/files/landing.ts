import { lstatSync, realpathSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { namesOf, RefusedPathError } from "./names.ts";

/**
 * Where a path leads to when its links are followed: the original protocol writes through links, and this far it may.
 *
 * @param root - Absolute, without links.
 * @returns A path below the root that has no links in it.
 * @throws RefusedPathError if a link leads out of the root, or nowhere.
 */
export function landingOf(root: string, path: string): string {
  let at = "";
  for (const name of namesOf(path)) {
    const next = join(at, name);
    const stat = lstatSync(join(root, next), { throwIfNoEntry: false });
    at = stat?.isSymbolicLink() ? behind(root, next) : next;
  }
  return at;
}

function behind(root: string, link: string): string {
  const target = relative(root, targetOf(join(root, link)));
  if (target === "" || isAbsolute(target) || target.split("/")[0] === "..")
    throw new RefusedPathError(`goes through the link ${link}, which leads out of the directory of the app`);
  return target;
}

function targetOf(link: string): string {
  try {
    return realpathSync(link);
  } catch {
    throw new RefusedPathError("goes through a link that leads nowhere");
  }
}
