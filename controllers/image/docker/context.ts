import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { isAbsolute, join, normalize, resolve } from "node:path";
import type { DockerImage } from "../../../apis/v1alpha1/index.ts";
import type { ImageResult } from "../../runtime/index.ts";
import { type Tree, UnsettledError } from "../../sync/index.ts";
import { ImageFailure, textOf } from "../failure.ts";
import { readSmall } from "../files.ts";
import { withBases } from "./dockerfile.ts";
import { readIgnoreLines, rulesOf } from "./ignore.ts";
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

export interface ReadOptions {
  root: string;
  images: readonly ImageResult[];
  digests: TreeDigest;
  signal: AbortSignal;
}

/** @throws ImageFailure `ContextMissing`, `ContextUnreadable`, `DockerfileMissing`; UnsettledError; the reason of the signal */
export async function readContext(
  spec: Spec,
  { root, images, digests, signal }: ReadOptions,
): Promise<Context> {
  const directory = contextDirectoryOf(spec, root);
  await assertDirectory(directory);
  const path = dockerfilePathOf(spec);
  const original = spec.dockerfileContents ?? (await readDockerfile(directory, path));
  const text = withBases(original, images);
  try {
    const rules = rulesOf([...(await readIgnoreLines(directory, path)), ...(spec.ignores ?? [])]);
    const entries = await treeOf(directory, rules, signal);
    const { digest, tree } = await digests.of(directory, entries, signal);
    const all = createHash("sha256").update(JSON.stringify([digest, path, text]));
    return { directory, entries, dockerfile: { path, text }, tree, digest: all.digest("hex") };
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof UnsettledError ? error : unreadable(directory, error);
  }
}

export function unreadable(directory: string, error: unknown): ImageFailure {
  const message = `the context ${directory} cannot be read: ${textOf(error)}; let tiltish read that, or leave it out by .dockerignore or spec.ignores`;
  return new ImageFailure({ reason: "ContextUnreadable", message, isTransient: true, cause: error });
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

export function dockerfilePathOf({ dockerfile, dockerfileContents }: Spec): string {
  if (dockerfileContents !== undefined) return INLINE;
  const path = normalize(dockerfile ?? "Dockerfile").replaceAll("\\", "/");
  if (!isAbsolute(path) && path !== ".." && !path.startsWith("../")) return path;
  const message = `spec.dockerfile ${path} is not below the context; give a path within it, or spec.dockerfileContents`;
  throw new ImageFailure({ reason: "DockerfileMissing", message });
}

const LONGEST_DOCKERFILE = 4 * 1024 * 1024;

async function readDockerfile(directory: string, path: string): Promise<string> {
  try {
    return (await readSmall(join(directory, path), LONGEST_DOCKERFILE)).toString();
  } catch (error) {
    const message = `the Dockerfile ${join(directory, path)} cannot be read: ${textOf(error)}; create it, or name another one in spec.dockerfile`;
    throw new ImageFailure({ reason: "DockerfileMissing", message, isTransient: true, cause: error });
  }
}
