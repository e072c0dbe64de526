import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join, normalize, resolve } from "node:path";
import type { DockerImage } from "../../../apis/v1alpha1/index.ts";
import type { ImageResult } from "../../runtime/index.ts";
import type { Tree } from "../../sync/index.ts";
import { ImageFailure, textOf } from "../failure.ts";
import { withBases } from "./dockerfile.ts";
import { readIgnores } from "./ignore.ts";
import { type Entry, type TreeDigest, treeOf } from "./tree.ts";

/** What a build is made from. */
export interface Context {
  directory: string;
  entries: Entry[];
  dockerfile: { path: string; text: string };
  /** What the entries hold. */
  tree: Tree;
  /** Of the files, and of the Dockerfile as it is built. */
  digest: string;
}

/** Where a Dockerfile that is in the spec is put: no file of the context is likely to be called so. */
const INLINE = ".tiltish.Dockerfile";

type Spec = DockerImage["spec"];

export const contextDirectoryOf = ({ context }: Spec, root: string): string => resolve(root, context);

/** @throws ImageFailure `ContextMissing`, `DockerfileMissing` */
export async function readContext(
  spec: Spec,
  root: string,
  { images, digests }: { images: readonly ImageResult[]; digests: TreeDigest },
): Promise<Context> {
  const directory = contextDirectoryOf(spec, root);
  await assertDirectory(directory);
  const path = dockerfilePathOf(spec);
  const original = spec.dockerfileContents ?? (await readDockerfile(directory, path));
  const text = withBases(original, images);
  const rules = await readIgnores(directory, path, spec.ignores ?? []);
  const entries = await treeOf(directory, rules);
  const contents = await digests.of(directory, entries);
  const digest = createHash("sha256")
    .update(JSON.stringify([contents.digest, path, text]))
    .digest("hex");
  return { directory, entries, dockerfile: { path, text }, tree: contents.tree, digest };
}

async function assertDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => undefined);
  if (found?.isDirectory()) return;
  const why = found ? "is no directory" : "does not exist";
  throw new ImageFailure({
    reason: "ContextMissing",
    message: `the context ${directory} ${why}; create it, or mend spec.context`,
    isTransient: true,
  });
}

function dockerfilePathOf({ dockerfile, dockerfileContents }: Spec): string {
  if (dockerfileContents !== undefined) return INLINE;
  const path = normalize(dockerfile ?? "Dockerfile").replaceAll("\\", "/");
  if (!isAbsolute(path) && path !== ".." && !path.startsWith("../")) return path;
  const message = `spec.dockerfile ${path} is not below the context; give a path within it, or spec.dockerfileContents`;
  throw new ImageFailure({ reason: "DockerfileMissing", message });
}

async function readDockerfile(directory: string, path: string): Promise<string> {
  try {
    return await readFile(join(directory, path), "utf8");
  } catch (error) {
    const message = `the Dockerfile ${join(directory, path)} cannot be read: ${textOf(error)}; create it, or name another one in spec.dockerfile`;
    throw new ImageFailure({ reason: "DockerfileMissing", message, isTransient: true, cause: error });
  }
}
