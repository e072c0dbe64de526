import { isDeepStrictEqual } from "node:util";
import { type CFAppSync, FileWatch } from "../../../apis/v1alpha1/index.ts";
import type { Client } from "../../../client/index.ts";
import { isBeingDeleted, isOwnedBy, ownerReferenceTo, TerminalError } from "../../runtime/index.ts";

/** Name of the FileWatch that a CFAppSync owns; a LocalResource of the same name may have one, too. */
export const watchNameOf = (name: string): string => `${name}-cf-watch`;

/** Of the object, should there be one, that would own a FileWatch of this name. */
export const namesakeOf = ({ metadata }: Pick<FileWatch, "metadata">) => {
  const [, name] = /^(.+)-cf-(?:watch|manifest)$/.exec(metadata.name) ?? [];
  return name === undefined ? [] : [{ namespace: metadata.namespace ?? "", name }];
};

/** Who is told by others which files change needs no watch of its own. */
export const hasOwnWatch = ({ spec }: CFAppSync): boolean =>
  spec.trigger.mode !== "Source" && !spec.trigger.fileWatches?.length;

/** Name of the one over the manifest and its variables. */
const manifestWatchNameOf = (name: string): string => `${name}-cf-manifest`;

/** Files that a full deploy is made from beside those of the app. */
const deployFilesOf = ({ spec: { push } }: CFAppSync): string[] => [
  ...(push.manifest === undefined ? [] : [push.manifest]),
  ...(push.varsFiles ?? []),
];

/** The FileWatch over these, if there are any. */
export const manifestWatchNames = (object: CFAppSync): string[] =>
  deployFilesOf(object).length > 0 ? [manifestWatchNameOf(object.metadata.name)] : [];

/**
 * Keeps a FileWatch over the directory, or none, and one over the manifest, or none.
 *
 * @throws TerminalError if somebody else has its name.
 */
export async function ensureWatches(client: Client, object: CFAppSync): Promise<void> {
  const { name } = object.metadata;
  await ensure(client, object, watchNameOf(name), hasOwnWatch(object) ? specOf(object) : undefined);
  await ensure(client, object, manifestWatchNameOf(name), manifestSpecOf(object));
}

// oxlint-disable-next-line eslint/max-params -- whose, under which name, and what it is to be
async function ensure(
  client: Client,
  object: CFAppSync,
  own: string,
  spec: Record<string, unknown> | undefined,
): Promise<void> {
  const name = { namespace: object.metadata.namespace ?? "default", name: own };
  const present = await client.get(FileWatch, name);
  if (!spec) {
    if (present && isOwnedBy(present, object)) await client.delete(FileWatch, name);
    return;
  }
  if (!present) {
    const metadata = { ...name, ownerReferences: [ownerReferenceTo(object)] };
    await client.create(FileWatch, metadata, spec);
    return;
  }
  if (!isOwnedBy(present, object)) throw notOurs(object, name.name);
  if (isBeingDeleted(present) || isSubset(spec, present.spec)) return;
  await client.patch(FileWatch, name, [{ op: "replace", path: "/spec", value: spec }], { type: "json" });
}

function manifestSpecOf(object: CFAppSync): Record<string, unknown> | undefined {
  const paths = [...new Set(deployFilesOf(object))];
  return paths.length > 0 ? { paths, defaultIgnores: false, disabled: object.spec.disabled } : undefined;
}

/** What is ignored there may still be looked at here; never the other way round. */
function specOf({ spec }: CFAppSync): Record<string, unknown> {
  return {
    root: spec.localPath,
    paths: ["."],
    ignores: [".git/", ...spec.ignores],
    ...(spec.useCFIgnore && { ignoreFiles: [".cfignore"] }),
    defaultIgnores: false,
    debounce: { max: spec.trigger.maxWait },
    disabled: spec.disabled,
  };
}

/** The server adds defaults. */
const isSubset = (wanted: Record<string, unknown>, present: object): boolean =>
  Object.entries(wanted).every(([key, value]) =>
    isDeepStrictEqual((present as Record<string, unknown>)[key], value),
  ) && Object.hasOwn(wanted, "ignoreFiles") === Object.hasOwn(present, "ignoreFiles");

const notOurs = ({ metadata }: CFAppSync, name: string): TerminalError =>
  new TerminalError({
    reason: "NameTaken",
    message: `FileWatch ${name} is not owned by CFAppSync ${metadata.name}; delete or rename it, or name it in spec.trigger.fileWatches`,
  });
