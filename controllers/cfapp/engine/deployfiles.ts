import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename, relative } from "node:path";
import { matcherOf } from "../../sync/index.ts";
import type { Work } from "./work.ts";

/** Nobody writes a manifest of that size; what is larger counts by its size and time. */
const MAX_BYTES = 4 * 1024 * 1024;

/** What full deploys are made from beside the files of the app, by path: hashes of their contents. */
export type DeployFiles = ReadonlyMap<string, string>;

/** In memory only: a hash of a file of variables would say something of the secrets in it. */
export async function deployFilesOf({ settings }: Work): Promise<DeployFiles> {
  const { manifest, varsFiles } = settings;
  const paths = [...(manifest === undefined ? [] : [manifest]), ...varsFiles];
  return new Map(await Promise.all(paths.map(async (path) => [path, await stateOf(path)] as const)));
}

async function stateOf(path: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path);
    if (size > MAX_BYTES) return `${size} ${mtimeMs}`;
    return createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unreadable";
  }
}

/** One of them that is not as it was at the last deploy, or when this began, and that a deploy is to be done for. */
export async function deployFileChange(work: Work): Promise<string | undefined> {
  const now = await deployFilesOf(work);
  work.deployFiles ??= now;
  const before = work.deployFiles;
  return [...now].find(([path, state]) => before.get(path) !== state && isCounted(work, path))?.[0];
}

/** Who says nothing of it wants a deploy for what a deploy is made from. */
function isCounted({ settings: { spec, root } }: Work, path: string): boolean {
  if (spec.fullDeployOn === undefined) return true;
  const matches = matcherOf(spec.fullDeployOn);
  return matches(basename(path)) || matches(relative(root, path));
}
